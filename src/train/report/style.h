/// The style of a report, for light and dark screens, wide and narrow.
#pragma once

namespace tpretrain::report {

inline constexpr const char* kStyle = R"(:root{color-scheme:light dark;
--page:#f7f7f5;--card:#fff;--text:#1d1d1b;--soft:#6b6a66;--rule:#e3e2de;--grid:#ecebe7;
--c0:#2f76c9;--c1:#d9601f;--c2:#14895f;--c3:#8a56c2;--good:#14794f;--bad:#b3372f}
@media(prefers-color-scheme:dark){:root{
--page:#171716;--card:#20201f;--text:#eeede9;--soft:#a3a19b;--rule:#383735;--grid:#302f2d;
--c0:#6ba8ee;--c1:#f0884a;--c2:#3dbb8b;--c3:#b48be6;--good:#4cc493;--bad:#ef7d73}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:36px 0 12px}
p{margin:0 0 12px}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px 16px}
.wide{overflow-x:auto;width:fit-content;max-width:100%}
.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr))}
.facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:0}
.facts dt{color:var(--soft);font-size:.85rem}
.facts dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:5px 20px 5px 0;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:500;font-size:.85rem}
.numbers td,.numbers th{border-bottom:1px solid var(--rule)}
.numbers tr:last-child td,.numbers tr:last-child th{border-bottom:0}
.numbers tbody th{color:var(--text);font-size:inherit}
.numbers :is(td,thead th:not(:first-child)){text-align:right;padding:5px 0 5px 28px}
figure{margin:0}
figcaption{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;margin-bottom:6px}
figcaption b{flex:0 0 100%;font-weight:600;overflow-wrap:anywhere}
.key{font-size:.85rem;color:var(--soft);white-space:nowrap}
.key i{display:inline-block;width:16px;height:0;border-top:3px solid;border-radius:2px;
margin-right:6px;vertical-align:middle}
.key i.reference{border-top:2px dashed}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--soft);font:11.5px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.grid path.grid{stroke:var(--grid)}
path.axis{stroke:var(--soft)}
path.line{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
path.reference{stroke:var(--soft);stroke-width:1.4;stroke-dasharray:6 4}
path.c0{stroke:var(--c0)}path.c1{stroke:var(--c1)}path.c2{stroke:var(--c2)}path.c3{stroke:var(--c3)}
circle.c0{fill:var(--c0)}circle.c1{fill:var(--c1)}circle.c2{fill:var(--c2)}circle.c3{fill:var(--c3)}
i.c0{color:var(--c0)}i.c1{color:var(--c1)}i.c2{color:var(--c2)}i.c3{color:var(--c3)}
i.reference{color:var(--soft)}
.recipe td{padding:0 28px 0 0;font:13px/1.6 ui-monospace,Menlo,Consolas,monospace;white-space:pre}
.recipe td+td{color:var(--soft);padding-right:0}
.recipe .default td:first-child{color:var(--soft)}
.retrieved{display:grid;gap:16px}
.items{display:flex;gap:12px;overflow-x:auto;align-items:stretch}
.item{flex:0 0 132px;font-size:.85rem;line-height:1.35;border-top:3px solid var(--rule);
padding-top:8px;overflow-wrap:anywhere}
.item.query{border-color:var(--text)}.item.right{border-color:var(--good)}
.item.wrong{border-color:var(--bad)}
.item img{display:block;max-width:100%;height:96px;object-fit:contain;margin-bottom:6px;
background:#fff;border-radius:4px}
.item b{display:block;font-weight:600}
.right b{color:var(--good)}.wrong b{color:var(--bad)}
@media(max-width:600px){
.numbers :is(td,thead th:not(:first-child)){padding-left:12px}
.numbers tbody th{padding-right:0}
svg text{font-size:15px}}
.problems{border-left:3px solid var(--bad);padding-left:12px}
)";

}  // namespace tpretrain::report
