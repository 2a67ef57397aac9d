/** Shows the interests and writes the chosen ones into the tags that Shopify's form posts. */
class Ascent360SignUp extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector('form');
    const interests = this.querySelector('[data-interests]');
    const tags = this.querySelector('[data-tags]');
    const store = `ascent360:${form?.id}`;
    const answer = this.querySelector('[autofocus]');
    if (isAboutAnother(form)) forgetFault(this);
    else if (answer) onceLoaded(() => answer.focus());
    if (this.querySelector('[data-done]')) forget(store);
    if (!form || !interests || !tags) return;
    const boxes = [...interests.querySelectorAll('input')];
    const always = tags.dataset.tags;
    const before = recall(store);
    for (const box of boxes) box.checked ||= before.includes(box.value);
    const write = () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      tags.value = [always, ...chosen].join(',');
      remember(store, chosen);
    };
    interests.hidden = false;
    interests.addEventListener('change', write);
    form.addEventListener('submit', write);
    write();
  }
}

/* Shopify leads back to #form, and gives its answer to every form on the page. */
function isAboutAnother(form) {
  const sent = document.getElementById(location.hash.slice(1));
  return sent instanceof HTMLFormElement && sent !== form;
}
function forgetFault(block) {
  block.querySelector('[role="alert"]')?.remove();
  for (const name of ['aria-invalid', 'aria-describedby']) block.querySelector('[type="email"]')?.removeAttribute(name);
}

/* A page with a fragment ignores autofocus, and takes the focus away while it loads. */
function onceLoaded(act) {
  if (document.readyState === 'complete') act();
  else addEventListener('load', () => setTimeout(act));
}

/* What was ticked outlasts the reload after a refused address; a browser without storage starts anew. */
function recall(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}
function remember(key, values) {
  try {
    sessionStorage.setItem(key, JSON.stringify(values));
  } catch {}
}
function forget(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {}
}

if (!customElements.get('ascent360-sign-up')) customElements.define('ascent360-sign-up', Ascent360SignUp);
