// One file on its way to the server: `done` gives the rows it answered with, or fails with what went wrong
// ("offline", "failed", "signedOut", "stopped"; names of the words in <desk-files>'s data). `stop()` breaks it off.
export function upload(url, file, { token, staged, onprogress }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    const fail = (why) => () => reject(new Error(why));
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onprogress(event.loaded / event.total));
    request.addEventListener("error", fail("offline"));
    request.addEventListener("abort", fail("stopped"));
    request.addEventListener("load", () => {
      const rows = [...new DOMParser().parseFromString(request.responseText, "text/html").querySelectorAll("li.file")];
      if (rows.length) resolve(rows);
      else fail(request.getResponseHeader("HX-Redirect") ? "signedOut" : "failed")();
    });
  });
  const form = new FormData();
  form.append("csrfmiddlewaretoken", token);
  for (const key of staged) form.append("staged", key);
  form.append("files", file, file.name);
  request.open("POST", url);
  request.setRequestHeader("HX-Request", "true");
  request.send(form);
  return { done, stop: () => request.abort() };
}
