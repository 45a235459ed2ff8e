"""The look of the printed report."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{--ink:#1c2024;--soft:#61686f;--line:#dfe2e5;--good:#1f7a4d;--bad:#b3261e;--ours:#c77700;
--plan:#6f8fb8;--paper:#fff}
*{box-sizing:border-box}
body{margin:0;background:#f3f4f5;color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:62rem;margin:2rem auto;background:var(--paper);padding:3rem 3.2rem;
border-radius:6px;box-shadow:0 1px 12px #0001}
h1{font-size:2.1rem;line-height:1.15;margin:.2rem 0 .8rem;letter-spacing:-.01em}
h1 span{color:var(--soft);font-weight:500}
h2{font-size:1.15rem;margin:0 0 .6rem}
section{margin:2.2rem 0}
p{margin:.3rem 0 .6rem;max-width:46rem}
.over{font-weight:600;color:var(--soft);margin:0}
.meta,.soft{color:var(--soft);font-size:.9rem}
.lead{display:flex;gap:2rem;align-items:center;border-block:1px solid var(--line);
padding:1.6rem 0}
.lead>div:last-child{flex:1}
.big{font-size:4rem;font-weight:700;letter-spacing:-.03em;line-height:1;white-space:nowrap}
.big.good{color:var(--good)}.big.bad{color:var(--bad)}
.sentence{font-size:1.05rem}
.facts{display:grid;grid-template-columns:repeat(5,1fr);gap:1rem}
.facts div{border-left:3px solid var(--line);padding-left:.8rem}
.facts b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}
.facts span{font-size:.82rem;color:var(--soft);line-height:1.3;display:block}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;font-weight:600;color:var(--soft);font-size:.8rem;vertical-align:bottom}
td,th{padding:.36rem .7rem .36rem 0;border-bottom:1px solid var(--line)}
td{vertical-align:top;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{width:32%;min-width:6rem}
tr.below td:nth-child(2) b{color:var(--bad)}
tr.ours td:last-child,tr.ours td:first-child{color:#8a5200}
.losses td:nth-child(2),.losses td:nth-child(3){white-space:nowrap}
svg{display:block;width:100%;height:auto}
.strips{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.28rem .9rem;
align-items:center;font-size:.82rem}
.strips span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:13rem}
.strips svg{height:14px}
.legend{font-size:.82rem;color:var(--soft);display:flex;gap:1.1rem;flex-wrap:wrap}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem;
vertical-align:-.1rem}
.notes{padding-left:1.1rem;font-size:.9rem}.notes time{font-weight:600;white-space:nowrap}
.method{border-top:1px solid var(--line);padding-top:1.4rem;font-size:.9rem}
@media (max-width:720px){main{padding:1.4rem;margin:0;border-radius:0}
.lead{flex-direction:column;align-items:flex-start;gap:1rem}
.lead>div:last-child{width:100%}
.facts{grid-template-columns:1fr 1fr}table{display:block;overflow-x:auto}}
@media print{body{background:#fff;font-size:11pt}main{box-shadow:none;margin:0;padding:0;
max-width:none}section{margin:1.2rem 0}tr,.facts div,.lead{break-inside:avoid}
h2{break-after:avoid}thead{display:table-header-group}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@page{margin:16mm}
"""
