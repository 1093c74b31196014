// A form that is on its way cannot be sent again. The server's one-time key is the real guard; this only shows it.
// The button is disabled after the browser has read the form, or its own name and value would be left out.
const submitters = (form) => form.querySelectorAll("button[type=submit], button:not([type])");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented && !form.matches("[hx-post], [data-hx-post]")) return;
  setTimeout(() => submitters(form).forEach((button) => { button.disabled = true; }));
});
const release = (form) => submitters(form).forEach((button) => { button.disabled = false; });
document.addEventListener("htmx:afterRequest", (event) => event.target instanceof HTMLFormElement && release(event.target));
// Back from the next page: the browser shows this one as it was left.
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form").forEach(release));

// The first thing that is wrong takes the focus, on a new page and in a swapped part.
const focusError = (root) => root.querySelector?.("[data-focus]")?.focus();
focusError(document);
document.addEventListener("htmx:afterSettle", (event) => focusError(event.target));
document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => say(document.body.dataset.failed));

function say(words) {
  const live = document.getElementById("live");
  if (live && words) live.textContent = words;
}
