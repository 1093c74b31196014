// A promise runs out without anything happening: while one is shown, the lists and the ticket are looked at anew each minute.
const EACH_MS = 60_000;
setInterval(() => document.querySelector("[data-live] .clock, #ticket-head .clock") && document.dispatchEvent(new CustomEvent("live", { detail: { kind: "reset" } })), EACH_MS);
