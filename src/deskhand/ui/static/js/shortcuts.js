// Keys act on what the page offers: an element with data-key="r" is clicked or focused, rows with data-row are walked.
// A key may be a sequence ("g i"). `?` lists what this page understands. Off while typing.
const PAUSE_MS = 1000;
let first = "";
let timer = 0;

const isTyping = (target) => target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])");
const isShown = (element) => element.checkVisibility();
const rows = () => [...document.querySelectorAll("[data-row]")].filter(isShown);
const offered = (key) => [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key && (isShown(element) || element.matches(".modes input, .back, [popovertarget]")));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const sequence = first && `${first} ${event.key}`;
  const handled = (sequence && act(offered(sequence))) || act(offered(event.key)) || walk(event.key) || (event.key === "?" && list());
  clearTimeout(timer);
  first = !handled && event.key.length === 1 ? event.key : "";
  timer = setTimeout(() => { first = ""; }, PAUSE_MS);
  if (handled) event.preventDefault();
});

function act(element) {
  if (!element) return false;
  if (element.matches("input[type=radio]")) {
    element.click();
    element.form.querySelector("textarea")?.focus();
  } else if (element.matches("input, textarea, select")) element.focus();
  else element.click();
  return true;
}

function walk(key) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement) || row === document.activeElement);
  const current = all[at] ?? all.find((row) => row.hasAttribute("aria-current"));
  const link = (row) => row?.matches("a") ? row : row?.querySelector("a");
  if (key === "j" || key === "k") {
    const from = all.indexOf(current);
    const next = all[Math.min(Math.max(from + (key === "j" ? 1 : -1), 0), all.length - 1)];
    link(next)?.focus();
    next?.scrollIntoView({ block: "nearest" });
    return Boolean(next);
  }
  if (key === "o" && current) return act(link(current));
  if (key === "x" && current) return act(current.querySelector("input[type=checkbox]:not(.field *)"));
  return false;
}

function list() {
  const dialog = document.getElementById("shortcuts");
  const entries = [...document.querySelectorAll("[data-key]")].filter((element) => isShown(element) || element.matches(".modes input"));
  const words = (element) => element.dataset.label || element.getAttribute("aria-label") || (element.labels?.[0] ?? element).textContent.replace(/\s+/g, " ").trim();
  dialog.querySelector("dl").replaceChildren(...entries.flatMap((element) => {
    const [term, fact, key] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
    key.textContent = element.dataset.key;
    term.append(key);
    fact.textContent = words(element).replace(new RegExp(`\\s*${element.dataset.key.toUpperCase().replace(/[^A-Z0-9]/g, "\\$&")}$`), "");
    return [term, fact];
  }));
  dialog.showModal();
  return true;
}
