// What the browser knows better than the server: the address it came by, and where on Earth it is. Filled in, never forced.
const address = document.querySelector("input[name=public_url]");
if (address && address.value === address.defaultValue && !address.closest("[data-invalid]")) address.value = location.origin;

const zone = document.querySelector("select[name=time_zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone?.value === "UTC" && [...zone.options].some((option) => option.value === here)) zone.value = here;
