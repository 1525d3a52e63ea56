/**
 * The page: each square is one answer, in the colour of the release that gave it, crossed where it was an error. Each colour
 * that was seen has a slider for how often its release is to fail.
 */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Canary</title>
<style>
  body { font: 16px system-ui, sans-serif; margin: 2rem; }
  #squares { display: flex; flex-wrap: wrap; gap: 4px; max-width: 60rem; min-height: 16rem; align-content: flex-start; }
  #squares span { width: 24px; height: 24px; line-height: 24px; text-align: center; color: white; font-weight: bold; }
  #sliders label { display: flex; gap: 1rem; align-items: center; margin-top: 1rem; }
  #sliders .swatch { width: 24px; height: 24px; }
  output { width: 4rem; }
</style>
</head>
<body>
<h1>Which release answers?</h1>
<p id="share">Nothing has answered yet.</p>
<div id="squares"></div>
<h2>Errors</h2>
<div id="sliders"></div>
<script>
  const squares = document.querySelector('#squares');
  const sliders = document.querySelector('#sliders');
  const share = document.querySelector('#share');
  const rates = new Map();
  const seen = [];

  function addSlider(colour) {
    if (rates.has(colour)) return;
    rates.set(colour, 0);
    const label = document.createElement('label');
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = colour;
    const slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: 100, value: 0 });
    slider.setAttribute('aria-label', 'errors of ' + colour);
    const output = document.createElement('output');
    output.textContent = '0 %';
    slider.addEventListener('input', () => {
      rates.set(colour, Number(slider.value));
      output.textContent = slider.value + ' %';
    });
    label.append(swatch, slider, output);
    sliders.append(label);
  }

  function addSquare(colour, ok) {
    const square = document.createElement('span');
    square.style.background = colour;
    square.textContent = ok ? '' : '×';
    square.title = ok ? colour : colour + ': error';
    squares.append(square);
    while (squares.childElementCount > 400) squares.firstElementChild.remove();
    seen.push(colour);
    if (seen.length > 100) seen.shift();
    const counts = Object.entries(Object.groupBy(seen, (one) => one));
    share.textContent = counts.map(([name, all]) => name + ' ' + Math.round((100 * all.length) / seen.length) + ' %').join(', ');
  }

  async function ask() {
    const errors = [...rates].filter(([, rate]) => rate > 0).map(([colour, rate]) => colour + ':' + rate).join(',');
    try {
      const answer = await fetch('color' + (errors === '' ? '' : '?errors=' + encodeURIComponent(errors)), { cache: 'no-store' });
      const { colour = 'grey' } = await answer.json();
      if (answer.ok) addSlider(colour);
      addSquare(colour, answer.ok);
    } catch {
      addSquare('grey', false);
    }
  }

  setInterval(ask, 100);
</script>
</body>
</html>
`;
