// <desk-go-on> around the button of a form that goes on in steps: it is pressed by itself, once the page has been seen.
customElements.define("desk-go-on", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    this.wait = setTimeout(() => button.form.requestSubmit(button), 300);
  }

  disconnectedCallback() {
    clearTimeout(this.wait);
  }
});
