// <desk-thread class="thread">: a conversation that scrolls in its pane opens at what is new, or at its end.
class Thread extends HTMLElement {
  connectedCallback() {
    if (location.hash) return;
    requestAnimationFrame(() => {
      const news = this.querySelector(".unread-line");
      this.scrollTop = news ? news.offsetTop - this.offsetTop - 16 : this.scrollHeight;
    });
  }
}
customElements.define("desk-thread", Thread);
