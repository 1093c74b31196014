// A form that is on its way cannot be sent again. The server's one-time key is the real guard; this only shows it.
// The button is disabled after the browser has read the form, or its own name and value would be left out.
const submitters = (form) => form.querySelectorAll("button[type=submit], button:not([type])");

const hold = (form) => submitters(form).forEach((button) => { button.disabled = true; });
const release = (form) => submitters(form).forEach((button) => { button.disabled = false; });
document.addEventListener("submit", (event) => {
  if (event.target.method === "post" && !event.defaultPrevented) setTimeout(() => hold(event.target));
});
// htmx has read the form by now. Not a moment later: without a connection the request is over before any timer runs.
document.addEventListener("htmx:beforeSend", (event) => event.target.method === "post" && hold(event.target));
document.addEventListener("htmx:afterRequest", (event) => event.target instanceof HTMLFormElement && release(event.target));
// Back from the next page: the browser shows this one as it was left.
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form").forEach(release));

// The first thing that is wrong takes the focus, on a new page and in a swapped part.
const focusError = (root) => root.querySelector?.("[data-focus]")?.focus();
focusError(document);
document.addEventListener("htmx:afterSettle", (event) => focusError(event.target));
// What went wrong on the way is said to eyes and ears, until a request gets through.
let shown = null;
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && say(""));
document.addEventListener("htmx:sendError", () => say("offline"));
document.addEventListener("htmx:responseError", () => say("failed"));

function say(what) {
  shown?.remove();
  shown = document.getElementById(what)?.content.firstElementChild.cloneNode(true) ?? null;
  document.getElementById("live").textContent = shown?.textContent.trim() ?? "";
  if (shown) document.getElementById("toasts").append(shown);
}
