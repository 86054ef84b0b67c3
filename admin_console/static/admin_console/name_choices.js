// Lists to choose from that are searched (select2) are named by their field's label, for those who hear the page. They
// are made after the page, and again where a part of it is replaced.
(() => {
  const PARTS = "[role=combobox], [role=textbox], [role=searchbox]";

  const nameAll = () => {
    document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
      const label = document.querySelector(`label[for="${select.id}"]`);
      const name = label ? label.textContent.trim() : select.name;
      select.nextElementSibling?.querySelectorAll(PARTS).forEach((part) => {
        if (part.getAttribute("aria-label") === name && !part.hasAttribute("aria-labelledby")) return;
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", name);
      });
    });
  };

  const begin = () => {
    nameAll();
    new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
  };

  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
