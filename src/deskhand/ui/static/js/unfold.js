// A ticket that opens right below its row: the ticket's own part, from its own address. A click with a key held down, or without
// this file, opens the page. One at a time, because a part has one id. The list around it may be drawn anew meanwhile.
const LINKS = "a[data-opens]";
const unfolded = () => document.querySelector("tr.unfolded");
const rowOf = (beneath) => beneath && document.getElementById(beneath.dataset.of);

document.addEventListener("click", (event) => {
  const link = event.target.closest(LINKS);
  if (document.querySelector("#tickets .htmx-request")) return; // another list is on its way and would take the row along
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const isOpen = rowOf(unfolded())?.contains(link);
  unfolded()?.remove();
  if (!isOpen) unfold(link);
});

async function unfold(link) {
  const row = link.closest("tr");
  const beneath = document.createElement("tr");
  Object.assign(beneath, { className: "unfolded", id: "unfolded" });
  Object.assign(beneath.dataset, { of: row.id, kept: "" });
  const part = document.createElement("div");
  part.id = "ticket";
  Object.assign(beneath.insertCell(), { colSpan: row.cells.length }).append(part);
  row.after(beneath);
  await htmx.ajax("GET", link.pathname, { target: part, swap: "outerHTML" }).catch(() => {});
  if (!beneath.isConnected) return;
  if (!beneath.querySelector("[data-number]")) return beneath.remove(); // what went wrong has been said
  row.removeAttribute("data-unread");
  link.querySelector(".visually-hidden")?.remove();
}

// Said of each link whether its ticket is open; what is open stays with its row.
function mark() {
  const beneath = unfolded();
  const row = rowOf(beneath);
  if (row && row.nextElementSibling !== beneath) row.after(beneath);
  for (const link of document.querySelectorAll(LINKS)) {
    const isOpen = String(Boolean(row?.contains(link)));
    if (link.getAttribute("aria-expanded") !== isOpen) link.setAttribute("aria-expanded", isOpen);
  }
}
if (document.querySelector(`${LINKS}, #tickets`)) {
  mark();
  new MutationObserver(mark).observe(document.getElementById("main"), { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-expanded"] });
}
