// This page answers a POST. Whoever reloads it, or comes back to it, gets another page, and nothing is sent again.
history.replaceState(null, "", document.currentScript.dataset.page);
