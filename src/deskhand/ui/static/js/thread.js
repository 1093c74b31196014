// <desk-thread class="thread">: a conversation that scrolls in its pane opens at what is new, or at its end; its row in the
// list beside it comes into view.
class Thread extends HTMLElement {
  connectedCallback() {
    document.querySelector("#rows [aria-current]")?.closest("li").scrollIntoView({ block: "nearest" });
    if (location.hash) return;
    requestAnimationFrame(() => {
      const news = this.querySelector(".unread-line");
      this.scrollTop = news ? news.offsetTop - this.offsetTop - 16 : this.scrollHeight;
    });
  }
}
customElements.define("desk-thread", Thread);
