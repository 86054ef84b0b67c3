// Shows of the fields that ask for whom those that fit the scope, and tells the page's parts of choices from lists.
document.addEventListener("DOMContentLoaded", () => {
  const scope = document.querySelector("[data-whom]");
  const rows = [...document.querySelectorAll("[data-whom-of]")];
  const place = (control) => control.closest(".field-line") ?? control.closest("[class*='field-']") ?? control.parentElement;
  const fit = () =>
    rows.forEach((control) => {
      place(control).hidden = !control.dataset.whomOf.split(" ").includes(scope.value);
    });
  if (scope) {
    scope.addEventListener("change", fit);
    fit();
  }
  const jq = window.django?.jQuery ?? window.jQuery;
  jq?.(document).on("select2:select select2:unselect select2:clear", (event) =>
    event.target.dispatchEvent(new Event("change", { bubbles: true })),
  );
});
