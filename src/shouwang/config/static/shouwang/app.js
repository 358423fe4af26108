/* 页面小动作，全部委托在 document 上，页面里不写事件属性：
   data-confirm 提交前确认 · data-autosubmit 改动即提交 · data-check-all 全选 · data-needs-choice 选中后可用
   data-once 防重复提交 · data-print 打印 · data-print-open 打印时展开 · data-fresh-uuid 每张新表单一个编号 */
"use strict";
(() => {
  const within = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;
  const say = (text) => {
    const box = document.getElementById("sw-live");
    if (box) { box.textContent = text; box.hidden = false; }
  };
  const count = (form) => {
    const chosen = form.querySelectorAll("[data-check]:checked").length;
    form.querySelectorAll("[data-needs-choice]").forEach((button) => { button.disabled = chosen === 0; });
    form.querySelectorAll("[data-chosen]").forEach((place) => { place.textContent = String(chosen); });
  };
  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };
  const prepare = (root) => {
    root.querySelectorAll("input[data-fresh-uuid]").forEach((input) => { if (!input.value) input.value = uuid(); });
    root.querySelectorAll("form").forEach(count);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (form.hasAttribute("data-once")) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
    }
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });
  document.addEventListener("change", (event) => {
    const all = within(event, "[data-check-all]");
    const form = event.target.form;
    if (all && form) form.querySelectorAll("[data-check]").forEach((box) => { box.checked = all.checked; });
    if (form) count(form);
    if (within(event, "[data-autosubmit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if (within(event, "[data-print]")) window.print();
    document.querySelectorAll("details.sw-account[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  // 打印时展开折叠的内容，印完还原
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details[data-print-open]:not([open])").forEach((fold) => { fold.open = true; fold.dataset.opened = "1"; });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-opened]").forEach((fold) => { fold.open = false; delete fold.dataset.opened; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.sw-account[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // 会话过期时服务器转到登录页：整页转过去，不把登录框塞进表格
    if (new URL(event.detail.xhr.responseURL || location.href).pathname.startsWith("/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  document.addEventListener("htmx:responseError", (event) => say(`没有取到数据（${event.detail.xhr.status}），请刷新页面后再试。`));
  document.addEventListener("htmx:sendError", () => say("网络不通，请检查连接后再试。"));
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  document.addEventListener("DOMContentLoaded", () => prepare(document));
})();
