// The ways in which files come: chosen, dropped anywhere on the page, pasted into the form. Ends with `signal`.
export function gather(form, input, add, signal) {
  const on = (target, name, listen) => target.addEventListener(name, listen, { signal });

  on(input, "change", () => {
    add([...input.files]);
    input.value = "";
  });

  const drag = (isOver) => (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // or the browser leaves the page for the file
    form.toggleAttribute("data-dragging", isOver);
  };
  on(document, "dragenter", drag(true));
  on(document, "dragover", drag(true));
  on(document, "dragleave", (event) => event.relatedTarget || drag(false)(event));
  on(document, "drop", (event) => {
    drag(false)(event);
    if (event.dataTransfer?.files.length) add([...event.dataTransfer.files]);
  });

  // A picture alone: a table copied elsewhere comes as text and as a picture, and is meant as text.
  on(form, "paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(files.map((file) => (file.name === "image.png" ? new File([file], "screenshot.png", { type: file.type }) : file)));
  });
}
