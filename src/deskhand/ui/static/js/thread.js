// <desk-thread class="thread">: a conversation that scrolls in its pane opens at what is new, or at its end. It stands where the
// row in the list beside it says: that row is marked, and comes into view.
class Thread extends HTMLElement {
  connectedCallback() {
    markRow();
    // Not at once: the page would be laid out twice before it is shown.
    requestAnimationFrame(() => {
      const news = this.querySelector(".unread-line");
      if (!location.hash) this.scrollTop = news ? news.offsetTop - this.offsetTop - 16 : this.scrollHeight;
      document.querySelector("#rows [aria-current]")?.closest("li").scrollIntoView({ block: "nearest" });
    });
  }
}
customElements.define("desk-thread", Thread);

// The rows came from the server before this ticket was opened, or without knowing of it.
export function markRow() {
  const number = document.querySelector("desk-thread")?.dataset.number;
  for (const row of document.querySelectorAll("#rows [aria-current]")) if (row.closest("li").id !== `row-${number}`) row.removeAttribute("aria-current");
  document.querySelector(`#row-${number} a.subject`)?.setAttribute("aria-current", "true");
}

// Opened from the list: what stood there goes as a whole. htmx would tell each of five hundred elements before.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.boosted && detail.shouldSwap) for (const pane of [detail.target, document.getElementById("context")]) pane?.replaceChildren();
});

// Opened from the list: what is read now is the conversation.
document.addEventListener("htmx:afterSettle", (event) => event.detail.boosted && event.target.querySelector("h1[tabindex]")?.focus({ preventScroll: true }));
