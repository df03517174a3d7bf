/**
 * The one stylesheet of the server-rendered pages: sign-in, pay pages, mailbox. Colours are named by their role and
 * exist twice, light and dark; --accent comes from the company's brand (layout.ts).
 */
export const surfaces = {
  light: { page: '#f6f7f9', raised: '#ffffff' },
  dark: { page: '#0f1115', raised: '#181b21' },
} as const;

export const pageStyle = `
:root{color-scheme:light dark;
--page:${surfaces.light.page};--raised:${surfaces.light.raised};--sunken:#f0f2f5;--border:#dfe3e8;--control:#8a94a3;--text:#14181f;--muted:#565f6e;
--positive:#0f6b3e;--positive-soft:#e7f5ed;--caution:#8a4b00;--caution-soft:#fdf3e1;--critical:#b3261e;--critical-soft:#fdecea;--accent-soft:color-mix(in srgb,var(--accent) 9%,var(--raised));
--on-accent:#ffffff;--radius:10px;--shadow:0 1px 2px rgb(16 24 40/.05),0 8px 24px -8px rgb(16 24 40/.1)}
@media (prefers-color-scheme:dark){:root{--page:${surfaces.dark.page};--raised:${surfaces.dark.raised};--sunken:#12151a;--border:#2b303a;--control:#717b8c;--text:#eef1f5;--muted:#a3adbb;
--positive:#6fd19c;--positive-soft:#12291d;--caution:#f0b355;--caution-soft:#2d2211;--critical:#ff9a90;--critical-soft:#341816;
--on-accent:#0f1115;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;background:var(--page);color:var(--text);
font:16px/24px Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
a{color:var(--accent);text-underline-offset:2px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:16px;background:var(--raised);padding:8px 12px;z-index:1}
.brand{display:flex;align-items:center;gap:12px;width:100%;margin:0 auto;padding:32px 16px 20px;font-weight:600;font-size:17px;overflow-wrap:anywhere}
.brand img{max-height:40px;max-width:160px;object-fit:contain;display:block}
.brand .mark{flex:none;width:36px;height:36px;border-radius:9px;background:var(--accent);color:var(--on-accent);display:grid;place-items:center;font-size:17px}
main{width:100%;margin:0 auto;padding:0 16px 40px}
.narrow{max-width:472px}.medium{max-width:672px}.wide{max-width:1032px}
.card{background:var(--raised);border:1px solid var(--border);border-radius:var(--radius);box-shadow:var(--shadow);padding:32px}
.card+.card{margin-top:16px}
h1{font-size:28px;line-height:34px;letter-spacing:-.015em;font-weight:600;margin:0 0 8px;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:18px;line-height:24px;font-weight:600;margin:28px 0 12px}
.card>h2:first-child{margin-top:0}
.overdue{color:var(--critical)}
.choices{display:grid;gap:12px}
h1:focus{outline:none}
p{margin:0 0 16px}
.lead{color:var(--muted);margin-bottom:24px}
.muted,.help{color:var(--muted)}
.small,.help{font-size:14px;line-height:20px}
.amount{font-size:40px;line-height:48px;font-weight:600;letter-spacing:-.02em;margin:0 0 4px;overflow-wrap:anywhere}
form{margin:0}
.field{margin:0 0 20px}
.field label,legend,.label{display:block;font-weight:600;font-size:15px;line-height:20px;margin:0 0 4px;padding:0}
.help{margin:0 0 6px}
.field input,.field select,.field textarea{width:100%;min-height:44px;padding:9px 12px;font:inherit;color:inherit;background:var(--raised);border:1px solid var(--control);border-radius:8px}
.field input:focus,.field select:focus,.field textarea:focus{outline:3px solid color-mix(in srgb,var(--accent) 35%,transparent);outline-offset:0;border-color:var(--accent)}
.field input::placeholder{color:var(--muted)}
.field.wrong{border-left:4px solid var(--critical);padding-left:14px}
.field.wrong input,.field.wrong select,.field.wrong textarea{border-color:var(--critical)}
.field .error{margin:0 0 6px;color:var(--critical);font-weight:600;font-size:15px;line-height:20px}
.field input.code{max-width:12ch;font-size:22px;letter-spacing:.16em}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 16px}
fieldset{border:0;margin:0 0 20px;padding:0;min-width:0}
.choice{display:flex;gap:12px;align-items:flex-start;padding:12px;border:1px solid var(--border);border-radius:8px;margin:0 0 8px;cursor:pointer}
.choice:has(:checked){border-color:var(--accent);background:var(--accent-soft)}
.choice input{flex:none;width:20px;height:20px;margin:2px 0 0;accent-color:var(--accent)}
.button{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:48px;padding:10px 20px;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--on-accent);background:var(--accent);border:1px solid transparent;border-radius:8px;cursor:pointer}
.button:hover{background:color-mix(in srgb,var(--accent) 88%,var(--text));color:var(--on-accent)}
.button.block{width:100%}
.button.secondary{color:var(--text);background:var(--raised);border-color:var(--control)}
.button.secondary:hover{background:var(--sunken);color:var(--text)}
.button.small{min-height:36px;padding:6px 14px;font-size:15px}
.actions{display:flex;flex-wrap:wrap;gap:12px;align-items:center;margin-top:8px}
.actions .button{flex:1 1 180px}
.plain{background:none;border:0;padding:0;font:inherit;color:var(--accent);text-decoration:underline;text-underline-offset:2px;cursor:pointer}
.summary{border:2px solid var(--critical);border-radius:8px;padding:14px 16px;margin:0 0 24px}
.summary h2{margin:0 0 4px;font-size:17px}
.summary ul{margin:0;padding:0;list-style:none}
.summary a{color:var(--critical);font-weight:600}
.notice{border-radius:8px;padding:12px 16px;margin:0 0 20px;background:var(--accent-soft);border:1px solid color-mix(in srgb,var(--accent) 30%,transparent)}
.notice.positive{background:var(--positive-soft);border-color:color-mix(in srgb,var(--positive) 35%,transparent)}
.notice.caution{background:var(--caution-soft);border-color:color-mix(in srgb,var(--caution) 35%,transparent)}
.notice.critical{background:var(--critical-soft);border-color:color-mix(in srgb,var(--critical) 35%,transparent)}
.notice>:last-child,.card>:last-child,.field>:last-child{margin-bottom:0}
.seal{display:grid;place-items:center;width:52px;height:52px;border-radius:50%;margin:0 0 16px;font-size:26px;line-height:1;background:var(--accent-soft);color:var(--accent)}
.seal.positive{background:var(--positive-soft);color:var(--positive)}
.seal.caution{background:var(--caution-soft);color:var(--caution)}
.seal.critical{background:var(--critical-soft);color:var(--critical)}
.pill{display:inline-block;font-size:13px;line-height:18px;font-weight:600;padding:2px 9px;border-radius:99px;background:var(--sunken);color:var(--muted);white-space:nowrap}
.pill.positive{background:var(--positive-soft);color:var(--positive)}
.pill.caution{background:var(--caution-soft);color:var(--caution)}
.pill.critical{background:var(--critical-soft);color:var(--critical)}
.scroll{overflow-x:auto;margin:0 -32px 20px;padding:0 32px}
table{width:100%;border-collapse:collapse;font-size:15px;line-height:20px}
th{text-align:left;font-weight:600;font-size:13px;color:var(--muted);padding:0 12px 8px 0;border-bottom:1px solid var(--border);white-space:nowrap}
td{padding:11px 12px 11px 0;border-bottom:1px solid var(--border);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right;white-space:nowrap}
tfoot td{font-weight:600;border-bottom:0;padding-bottom:0}
dl.facts{display:grid;grid-template-columns:minmax(96px,max-content) 1fr;gap:8px 20px;margin:0 0 20px}
dl.facts dt{color:var(--muted)}dl.facts dd{margin:0;overflow-wrap:anywhere}
hr{border:0;border-top:1px solid var(--border);margin:24px 0}
details>summary{cursor:pointer;color:var(--accent);font-weight:600}
footer{width:100%;margin:auto auto 0;padding:0 16px 28px;color:var(--muted);font-size:14px;line-height:20px}
footer a{color:inherit}
.after{margin:20px 0 0}
@media (max-width:520px){.card{padding:24px 18px;border-radius:8px}.brand{padding:20px 16px 14px}.pair{grid-template-columns:1fr}h1{font-size:25px;line-height:30px}.amount{font-size:34px;line-height:40px}.scroll{margin:0 -18px 20px;padding:0 18px}}
@media (prefers-reduced-motion:no-preference){.button,.choice,.field input{transition:background-color .12s,border-color .12s}}
@media print{body{background:#fff}.card{border:0;box-shadow:none;padding:0}.button,form{display:none}}
`.replaceAll('\n', '');
