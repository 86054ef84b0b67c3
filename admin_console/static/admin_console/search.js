// The key "/" opens the search, as Ctrl-K does, unless somebody is writing.
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  event.preventDefault();
  window.dispatchEvent(new CustomEvent("opencommand"));
});
