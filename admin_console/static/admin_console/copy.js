// A button with data-copy="id" copies the text of that element, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // No permission, or no https: it is selected, and the keyboard copies it.
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
    return;
  }
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 2000);
});
