#include "api/page_style.h"

namespace nybble::api {

// The six colours of signs: a search from those of Okabe and Ito (2008) for the largest least
// distance in CIELAB, as seen with each kind of colour vision (Machado et al., 2009): 31 on white
// and 27 on black. Theirs, made darker until lines show on white, came down to 1. Each keeps a
// contrast of at least 3.
const std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --muted: #57606a; --rule: #d0d7de; --faint: #e7ebef;
  --panel: #f5f7f9; --mark: #ffdf5d; --mark-text: #1b1f24; --front: #8c959f;
  --c0: #264dd8; --c1: #a02816; --c2: #07a26e; --c3: #a12e95; --c4: #b98f00; --c5: #303030;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --text: #e6e9ed; --muted: #a0a8b2; --rule: #39424d; --faint: #232a32;
    --panel: #181e25; --mark: #d9b02b; --mark-text: #0f1318; --front: #7d8793;
    --c0: #639aff; --c1: #f57833; --c2: #1ae18d; --c3: #e388c6; --c4: #f3e535; --c5: #e9fff1;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 28px 20px 64px; max-width: 1440px; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial,
  sans-serif;
}
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; margin: 52px 0 4px; }
p { margin: 8px 0; max-width: 76ch; }
.by, .note, small { color: var(--muted); }
.note, small { font-size: 14px; }
svg text { font-size: 15px; fill: var(--text); }
svg .note { font-size: 15px; fill: var(--muted); }
.m0 { --c: var(--c0); } .m1 { --c: var(--c1); } .m2 { --c: var(--c2); }
.m3 { --c: var(--c3); } .m4 { --c: var(--c4); } .m5 { --c: var(--c5); }

dl {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 12px 28px;
  margin: 20px 0; padding: 16px 18px; background: var(--panel); border-radius: 8px;
}
dt { font-size: 14px; color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }

.scroll { overflow-x: auto; }
table {
  border-collapse: separate; border-spacing: 0; width: 100%; margin: 14px 0 4px; font-size: 15px;
  font-variant-numeric: tabular-nums; white-space: nowrap;
}
th, td { padding: 6px 7px; line-height: 22px; text-align: right;
  border-bottom: 1px solid var(--faint); }
thead th {
  font-size: 14px; font-weight: 600; color: var(--muted); vertical-align: bottom;
  border-bottom: 0; padding-bottom: 3px; line-height: 18px;
}
thead tr:last-child th, thead th[rowspan] { border-bottom: 2px solid var(--rule); }
thead th[colspan] { text-align: left; }
thead tr:last-child th { white-space: normal; }
.first { padding-left: 16px; }
td small { display: block; line-height: 18px; }
.name {
  position: sticky; left: 0; background: var(--page); text-align: left; font-weight: 600;
  white-space: normal; overflow-wrap: break-word; min-width: 176px; max-width: 280px;
}
.name .sign { display: block; }
thead .name { font-weight: 600; }
tfoot th, tfoot td { border-bottom: 0; border-top: 2px solid var(--rule); }
tfoot td { color: var(--muted); }
.tag { display: block; font-size: 14px; font-weight: 400; color: var(--muted); }
tbody tr:hover td, tbody tr:hover th { background: var(--panel); }

.sign { vertical-align: -2px; margin-right: 8px; overflow: visible; }
.line { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round;
  stroke-linecap: round; }
.marker { fill: var(--c); stroke: var(--page); stroke-width: 1; }
.curve:hover .line { stroke-width: 4.5; }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 12px 0 6px;
  padding: 0; font-size: 15px; }
.key li { overflow-wrap: anywhere; }

.plot { display: block; width: 100%; height: auto; }
.plot.wide { max-width: 1040px; }
.plot.narrow { display: none; max-width: 540px; }
@media (max-width: 919px) {
  .plot.wide { display: none; }
  .plot.narrow { display: block; }
}
.grid { fill: none; stroke: var(--faint); stroke-width: 1; }
.axis { fill: none; stroke: var(--muted); stroke-width: 1; }
.ticks text, svg .title { fill: var(--muted); }
.ticks text { font-variant-numeric: tabular-nums; }
.front { fill: none; stroke: var(--front); stroke-width: 1.6; }
.floor { fill: none; stroke: var(--muted); stroke-width: 1.2; stroke-dasharray: 3 4; }
.whisker { fill: none; stroke: var(--c); stroke-width: 1.6; }
.beaten .marker { fill: var(--page); stroke: var(--c); stroke-width: 2; }
.leader { fill: none; stroke: var(--muted); stroke-width: 0.9; }
.label { paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }

.scales { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 4px 20px;
  margin: 14px 0 4px; font-size: 15px; }
.scale { max-width: 100%; height: auto; }
.scales span svg { vertical-align: -2px; }
.maps { display: flex; flex-wrap: wrap; gap: 26px 34px; margin-top: 10px; }
figure { margin: 0; max-width: 100%; }
figcaption { font-weight: 600; max-width: 300px; overflow-wrap: anywhere; }
figcaption small { display: block; font-weight: 400; line-height: 1.2; }
.map { display: block; }
.scales .map { display: inline-block; }
.map text { font-size: 14px; fill: var(--muted); }
.map rect:hover { stroke: var(--text); stroke-width: 2; }
.map .exact { fill: var(--panel); stroke: var(--rule); }
.map .unknown { fill: none; stroke: var(--muted); stroke-dasharray: 2 2; }

details { border-top: 1px solid var(--rule); max-width: 1040px; }
details:last-of-type { border-bottom: 1px solid var(--rule); }
summary { padding: 11px 2px; cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
ol { margin: 0 0 20px; padding-left: 34px; }
li::marker { color: var(--muted); }
ol li { margin: 0 0 18px; }
.passage { max-width: none; margin: 0 0 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: var(--mark-text); border-radius: 3px; padding: 1px 2px;
  unicode-bidi: isolate; font-weight: 600; }
mark .ws { color: inherit; opacity: 0.65; }
.ws { color: var(--muted); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 0; max-width: none;
  font-size: 15px; color: var(--muted); }
.facts b { color: var(--text); font-weight: 600; }
code { font: 14px/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 4px; padding: 0 4px; color: var(--text); unicode-bidi: isolate; }

@media (max-width: 600px) {
  body { padding: 18px 14px 48px; }
  h1 { font-size: 23px; }
  h2 { margin-top: 40px; }
  .name { min-width: 116px; max-width: 132px; padding-left: 0; font-size: 14px; }
  .maps { flex-wrap: nowrap; overflow-x: auto; }
  figure { flex: none; }
  dl { grid-template-columns: 1fr; gap: 9px; padding: 12px 14px; }
  ol { padding-left: 26px; }
}
@media print {
  .scroll { overflow: visible; }
  details, figure, .plot { break-inside: avoid; }
}
)css";

}  // namespace nybble::api
