// htmx may hand HTML to the browser under "require-trusted-types-for 'script'"; nothing else may, and htmx no scripts.
htmx.registerExtension("trusted-types", {
  init(api) {
    if (window.trustedTypes) api.initSecurity(trustedTypes.createPolicy("htmx", { createHTML: s => s }));
  },
});
