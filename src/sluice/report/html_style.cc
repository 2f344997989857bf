#include "sluice/report/html_internal.h"

namespace sluice::report::internal {

std::string_view style_sheet() {
  // Parts of long lists are laid out when they come into view.
  return R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1a1f26;--quiet:#59636e;
--line:#dde1e6;
--good:#1a7f4b;--bad:#c0362c;--warn:#9a6700;--drop:#6e7781;--track:#e8ebef;--link:#0b62c4}
@media(prefers-color-scheme:dark){:root{--page:#11151a;--card:#1a2027;--text:#e4e8ec;
--quiet:#9aa5b1;
--line:#313943;--good:#4fc07f;--bad:#ff7b72;--warn:#e0ae3c;--drop:#8b96a2;--track:#2a323b;
--link:#6cb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:26px;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 10px}
p{margin:4px 0}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px 18px;
margin:14px 0}
article+article{margin-top:48px;border-top:2px solid var(--line);padding-top:32px}
.q,th{color:var(--quiet)}.g{color:var(--good)}.b{color:var(--bad)}.w{color:var(--warn)}
.badge{display:inline-block;border:1px solid;border-radius:99px;padding:0 10px;font-weight:600;
font-size:14px}
code,.id{font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:10px;
margin:14px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.card b{display:block;font-size:22px;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;table-layout:fixed}
th{text-align:left;font-weight:500;font-size:13px}
th,td{padding:3px 8px 3px 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}
.n+td{padding-left:14px}
.n{text-align:right;font-variant-numeric:tabular-nums}
.c{content-visibility:auto;contain-intrinsic-size:auto 3000px}
.bar{background:var(--track);border-radius:3px;height:10px;margin-top:7px;overflow:hidden}
.bar i{display:block;height:10px;background:var(--bad)}.bar .g{background:var(--good)}
.bar .w{background:var(--warn)}.bar .t{background:var(--link)}
.wide{overflow-x:auto}.wide table{table-layout:auto;width:auto;min-width:100%}
.wide td,.wide th{max-width:340px;padding-right:16px}
.null{color:var(--quiet);font-style:italic}
svg{width:100%;height:auto;display:block}svg text{fill:var(--text);
font:13px system-ui,sans-serif}
svg .q{fill:var(--quiet)}svg .b{fill:var(--bad)}svg .g{fill:var(--good)}
.sg{fill:var(--good);opacity:.75}.sb{fill:var(--bad);opacity:.85}.sd{fill:var(--drop);
opacity:.7}
@media print{body{background:#fff}.c{content-visibility:visible}}
)css";
}

}  // namespace sluice::report::internal
