/** Checks that run inside a page, as text: the tests' own types know no DOM. Each answers a list of faults. */

/** Headings that skip a level on the way down. */
export const collectHeadingFaults = `
  (() => {
    const headings = [...document.querySelectorAll('h1, h2, h3, h4')];
    const levels = headings.map((heading) => Number(heading.tagName[1]));
    return headings
      .filter((_, index) => levels[index] > (levels[index - 1] ?? 0) + 1)
      .map((heading) => heading.tagName + ' ' + heading.textContent);
  })()`;

/** Controls and pictures that a screen reader has no name for, and names that belong to nothing. */
export const collectNameless = `
  (() => {
    const hasName = (element) =>
      (element.getAttribute('aria-label') ?? element.textContent).trim() !== '' ||
      [...(element.labels ?? [])].some((label) => label.textContent.trim() !== '');
    const faults = [];
    for (const element of document.querySelectorAll('a, button, input, select, textarea')) {
      if (!hasName(element)) faults.push(element.outerHTML.slice(0, 120));
    }
    for (const image of document.querySelectorAll('img')) {
      if (!image.alt) faults.push(image.outerHTML.slice(0, 120));
    }
    for (const element of document.querySelectorAll('[aria-labelledby]')) {
      if (!document.getElementById(element.getAttribute('aria-labelledby'))) faults.push(element.outerHTML.slice(0, 120));
    }
    return faults;
  })()`;

/** Visible texts below WCAG AA: 4.5, or 3 for large ones. */
export const collectLowContrast = `
  (() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const toRgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return canvas.getImageData(0, 0, 1, 1).data;
    };
    const toLuminance = (rgba) => {
      const [r, g, b] = [...rgba].slice(0, 3).map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const findGround = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const ground = toRgba(getComputedStyle(at).backgroundColor);
        if (ground[3] === 255) return ground;
      }
      return [255, 255, 255, 255];
    };
    const faults = new Set();
    const walker = document.createTreeWalker(document.getElementById('shop'), NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const element = text.parentElement;
      if (!text.data.trim() || !element.checkVisibility() || element.closest('.visually-hidden, option, :disabled')) continue;
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const [light, dark] = [toRgba(style.color), findGround(element)].map(toLuminance).sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < (isLarge ? 3 : 4.5)) faults.add(ratio.toFixed(2) + ' ' + text.data.trim().slice(0, 40));
    }
    return [...faults];
  })()`;
