/// The page's style sheet.
enum HTMLStyle {
    /// CSS. The colours of runs are Okabe and Ito's ("Color Universal Design", 2008), which people
    /// with any colour vision can tell apart; the dark set is lighter for contrast.
    static let sheet = """
        :root {
          color-scheme: light dark;
          --page: #f4f5f7; --card: #ffffff; --ink: #1b1f27; --soft: #596273; --rule: #dfe3ea;
          --axis: #8a93a3; --good: #00704f; --tint: #eef7f3; --warn: #fdf1ea;
          --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b3589a; --s4: #3b9fd6; --s5: #a97800;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #0f1217; --card: #181c23; --ink: #e7eaf0; --soft: #a0a9b8; --rule: #2b313c;
            --axis: #6f7a8b; --good: #57d0a5; --tint: #16281f; --warn: #2d2018;
            --s0: #5ab4ec; --s1: #ff8f4a; --s2: #3fcf9f; --s3: #e39ac9;
            --s4: #9ad7f7; --s5: #e9bd45;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 40px; }
        header { margin-bottom: 20px; }
        h1 { font-size: 26px; line-height: 1.25; margin: 2px 0 4px; overflow-wrap: anywhere; }
        h2 { font-size: 16px; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
        .brand { margin: 0; color: var(--soft); font-size: 13px; letter-spacing: .02em; }
        .facts, .note { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
        .note { font-size: 13px; }
        .card {
          background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
          padding: 16px 18px; margin: 0; min-width: 0;
        }
        .runs, .charts { display: grid; gap: 16px; margin-bottom: 16px; }
        .runs { grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr)); }
        .charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
        .charts .card { display: flex; flex-direction: column; }
        @media (min-width: 940px) {
          .charts .card:last-child:nth-child(odd) { grid-column: 1 / -1; }
          .charts .card:last-child:nth-child(odd) svg { max-width: 600px; }
        }
        .run { border-top: 4px solid var(--c); }
        dl {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr));
          gap: 10px 16px; margin: 12px 0 0;
        }
        dt { color: var(--soft); font-size: 13px; }
        dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
        svg { display: block; width: 100%; height: auto; margin: 10px 0 6px; }
        svg text { font-size: 12.5px; fill: var(--ink); font-family: inherit; }
        svg .tick { fill: var(--soft); font-variant-numeric: tabular-nums; }
        svg .unit { fill: var(--soft); }
        svg .name { font-weight: 600; }
        svg .quadrant { font-weight: 600; paint-order: stroke; stroke: var(--card);
          stroke-width: 4px; stroke-linejoin: round; }
        svg .end { text-anchor: end; }
        svg .middle { text-anchor: middle; }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .axis { stroke: var(--axis); stroke-width: 1; }
        .split { stroke: var(--axis); stroke-width: 1; stroke-dasharray: 4 3; }
        .healthy { fill: var(--tint); }
        .starving { fill: var(--warn); }
        .s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); }
        .s3 { --c: var(--s3); } .s4 { --c: var(--s4); } .s5 { --c: var(--s5); }
        .service { --c: var(--axis); }
        .line { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-linejoin: round; }
        .line.service { stroke-dasharray: 5 4; }
        .line.dash1 { stroke-dasharray: 7 3; }
        .line.dash2 { stroke-dasharray: 2 2; }
        .area { fill: var(--c); opacity: .16; }
        .bar { fill: var(--c); }
        .pale { fill: var(--c); opacity: .35; }
        .trail { fill: none; stroke: var(--c); stroke-width: 1; opacity: .35; }
        .dot { fill: var(--c); opacity: .6; }
        .ring { fill: var(--card); stroke: var(--c); stroke-width: 2.2; }
        .quota { stroke: var(--ink); stroke-width: 2.5; }
        .limit { stroke: var(--ink); stroke-width: 1.3; stroke-dasharray: 3 3; }
        .legend {
          display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 0 0 6px;
          padding: 0; font-size: 13px;
        }
        .legend li { overflow-wrap: anywhere; }
        .swatch {
          display: inline-block; width: 14px; height: 10px; margin-right: 6px; border-radius: 2px;
          background: var(--c);
        }
        .swatch.service { height: 0; background: none; border-top: 2px dashed var(--c);
          vertical-align: middle; }
        details { margin-top: auto; font-size: 13px; }
        summary { cursor: pointer; color: var(--soft); padding: 4px 0; width: max-content; }
        summary:hover { color: var(--ink); }
        :focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; border-radius: 3px; }
        .scroll { overflow-x: auto; }
        details .scroll { max-height: 340px; overflow-y: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: 4px 10px; text-align: right; white-space: nowrap; }
        th { font-weight: 600; }
        th:first-child { text-align: left; padding-left: 0; }
        tbody th { font-weight: 400; }
        tbody tr + tr > * { border-top: 1px solid var(--rule); }
        .figures { margin-bottom: 16px; }
        .figures .scroll { margin-top: 8px; }
        .figures table { width: auto; min-width: min(100%, 640px); }
        .group th { font-weight: 600; padding-top: 16px; color: var(--soft); font-size: 13px; }
        .best { color: var(--good); font-weight: 600; }
        footer { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
        footer p { margin: 0 0 4px; }
        .hidden {
          position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap;
        }
        @media (max-width: 560px) {
          main { padding: 16px 10px 28px; }
          .card { padding: 12px; }
          svg text { font-size: 15px; }
          h1 { font-size: 21px; }
        }
        @media print {
          .card { break-inside: avoid; }
          details { display: none; }
        }

        """
}
