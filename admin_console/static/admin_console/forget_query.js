// The token of a mail's link stays in the form alone: not in the address bar, nor on the way back to this page.
if (location.search) history.replaceState(null, "", location.pathname);
