// <desk-countdown data-until data-url data-part data-words>: counts down, then asks the server for the part as it is now.
class Countdown extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.tick(), 250);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = Math.ceil((Date.parse(this.dataset.until) - Date.now()) / 1000);
    if (left > 0) {
      this.textContent = this.dataset.words.replace("{s}", left);
      return;
    }
    clearInterval(this.timer);
    const { url, part } = this.dataset;
    if (url && part) setTimeout(() => this.isConnected && htmx.ajax("GET", url, { target: part, swap: "innerHTML" }), 1000);
  }
}
customElements.define("desk-countdown", Countdown);
