// The topic and its fields are being changed beside a ticket: whatever else happens there meanwhile leaves the form as it is.
const isEdited = (card) => Boolean(card?.querySelector("form"));
let isOwn = false;

document.addEventListener("htmx:beforeSwap", ({ detail }) => { isOwn = Boolean(detail.requestConfig?.elt.closest("#fields")); });
document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
  const card = document.getElementById("fields");
  if (target.id === "context" && !isOwn && isEdited(card)) detail.fragment.querySelector("#fields")?.replaceWith(card);
});
// And so does what comes by itself (morph.js).
document.addEventListener("htmx:afterSwap", ({ target }) => target.id === "fields" && target.toggleAttribute("data-kept", isEdited(target)));
// What was pressed is gone: what is wrong, or the first thing that came instead, is next.
document.addEventListener("htmx:afterSettle", () => {
  if (isOwn && document.activeElement === document.body) document.querySelector("#fields :is([data-focus], select, a)")?.focus();
});
