"""Charts as inline SVG: from small frozen records to markup, with no script and no inline style.

`svg` writes elements, `axis` places values and ticks, `marks` draws what stands at a value, `panel`
is the ground a chart is drawn on; the other modules are charts. Every chart is drawn twice, once
for a wide page and once for a telephone (`panel.SIZES`), so that its letters are never shrunk; the
style sheet (`static/charts.css`, joined to that of each audience whose pages draw charts) shows the
one that fits. What a mark means is told by its shape and line; its colour comes from the page's own
properties.
"""
