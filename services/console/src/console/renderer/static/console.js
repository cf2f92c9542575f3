// Small comforts; every page works without.
"use strict";

// A choice in a filter applies at once; without this there is a button.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  for (const field of form.querySelectorAll("select:not([multiple])")) {
    field.addEventListener("change", () => form.requestSubmit());
  }
}

// Empty fields stay out of the address.
for (const form of document.querySelectorAll("form[method=get]")) {
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input, select:not([multiple])")) {
      if (field.value === "") field.disabled = true;
    }
  });
}

// Back by the browser's button: fields that were put aside are usable again.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[method=get] :disabled")) {
    field.disabled = false;
  }
});
