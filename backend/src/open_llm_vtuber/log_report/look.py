"""How the report of a show looks: its style sheet. By day, by night, on a phone and on paper."""

STYLE = """
:root { color-scheme: light dark; --ground: #f6f6fb; --card: #fff; --line: #dcdcea; --ink: #1c1d33; --quiet: #5a5d7a;
  --s0: #3a5bd0; --s1: #c2570c; --s2: #0f8a74; --band: #e6e7f2; }
@media (prefers-color-scheme: dark) { :root { --ground: #14162a; --card: #1d2040; --line: #363b6b; --ink: #f0f0ff;
  --quiet: #b3b8e2; --s0: #8fa8ff; --s1: #ffb070; --s2: #5fe0c0; --band: #2b2f5c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK JP", sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
.date { white-space: nowrap; }
h2 { margin: 0; font-size: 1.05rem; }
p { margin: .25rem 0 0; }
.quiet, figcaption p { color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
.warn { margin-top: 1rem; padding: .6rem .9rem; border-left: 4px solid var(--s1); background: var(--card); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
dl div, section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
dl div { padding: .7rem .9rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
dt { color: var(--quiet); font-size: .8rem; }
dd { margin: 0; font-size: 1.35rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
dd small { font-size: .85rem; font-weight: 400; color: var(--quiet); }
section { margin: 0 0 1rem; padding: 1rem; }
figure { margin: 0; }
figcaption { margin-bottom: .6rem; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .3rem 0 0; padding: 0; list-style: none; font-size: .8rem; }
.key li::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px;
  background: var(--s0); }
.key li:nth-child(2)::before { background: var(--s1); }
.key li:nth-child(3)::before { background: var(--s2); }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg.narrow { display: none; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .band { fill: var(--band); }
.l0, .l1 { fill: none; stroke: var(--s0); stroke-width: 2; stroke-linejoin: round; }
.l1 { stroke: var(--s1); stroke-dasharray: 6 3; }
.grid, .tick { stroke: var(--line); } .zero { stroke: var(--quiet); }
text { fill: var(--quiet); } .value, .last { text-anchor: end; } .time { text-anchor: middle; } .last { text-anchor: end; }
circle { fill-opacity: .75; }
details { margin-top: .6rem; }
summary { width: fit-content; color: var(--quiet); font-size: .875rem; cursor: pointer; }
summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--s0); outline-offset: 2px; }
.scroll { max-height: 22rem; overflow: auto; margin-top: .5rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; overflow-wrap: anywhere; }
td + td, th + th { text-align: right; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; }
@media (max-width: 42rem) { svg.wide { display: none; } svg.narrow { display: block; } .pair { grid-template-columns: 1fr; } body { padding: 1rem .75rem 2rem; } section { padding: .8rem .7rem; } }
@media print { :root { color-scheme: light; --ground: #fff; --card: #fff; --line: #ccc; --ink: #000; --quiet: #444;
  --s0: #3a5bd0; --s1: #c2570c; --s2: #0f8a74; --band: #eee; } body { max-width: none; padding: 0; }
  section, dl div { break-inside: avoid; } details { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
