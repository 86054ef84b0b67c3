// A field with data-slug-of="id" follows the name in that field, until somebody types another.
for (const slug of document.querySelectorAll("[data-slug-of]")) {
  const name = document.getElementById(slug.dataset.slugOf);
  let proposed = slug.value;
  name?.addEventListener("input", () => {
    if (slug.value !== proposed) return;
    const plain = name.value.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
    proposed = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);
    slug.value = proposed;
  });
}
