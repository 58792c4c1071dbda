// Other colours and other clothes, loaded only for who wants them: the palettes are in css/wardrobe.css.

import { pair, star } from "./art.js";

const JACKET =
  `<path class="edge" fill="url(#mika-sleeve)" d="M62 556C86 560 104 574 110 598C118 640 128 676 138 712C130 770 130 850 148 960H2V846C44 780 74 680 72 560Z"/>
  <path class="line" stroke-width="3" opacity=".35" d="M128 716C112 736 106 748 104 764M62 878Q86 884 110 878"/>
  <path class="edge" fill="var(--cloth3)" d="M70 553C92 566 104 596 108 632L82 664L98 690C76 760 40 812 2 848C44 770 68 660 64 560Z"/>
  <path class="edge" fill="var(--cloth1)" d="M38 536L68 554C72 590 62 628 46 652L0 654C26 630 38 590 38 536Z"/>`;

const BOW =
  `<path class="edge" fill="var(--bow)" d="M5 674L30 752L13 744L2 760ZM0 664C20 638 56 630 62 646C66 664 64 684 56 696C36 700 14 688 0 674Z"/><path class="line" stroke-width="3" opacity=".4" d="M16 668Q32 658 44 660"/>`;

const blazer =
  () => `<g xmlns="http://www.w3.org/2000/svg" class="blazer"><path fill="url(#mika-cloth)" d="M-70 556C-40 600 40 600 70 556L76 740L0 850L-76 740Z"/>
  <path class="line" stroke-width="3" opacity=".3" d="M0 690V840"/>
  ${pair(JACKET)}${pair(BOW)}
  <path class="edge" fill="var(--bow)" d="M-11 656Q0 650 11 656Q15 669 11 682Q0 688 -11 682Q-15 669 -11 656Z"/>
  <g fill="#ffd84a" stroke="#b9781c" stroke-width="3"><circle cx="22" cy="884" r="9"/><circle cx="22" cy="934" r="9"/><path d="${star(78, 800, 17, 0.5, 5)}"/></g>
</g>`;

let isOpen = false;

/**
 * Puts what the drawing needs to wear them into the page, once.
 * @param {Element} drawing
 */
export function openWardrobe(drawing) {
  const parsed = new DOMParser().parseFromString(blazer(), "image/svg+xml").documentElement;
  if (!drawing.querySelector(".blazer")) drawing.querySelector("[data-part=body] > g")?.append(document.importNode(parsed, true));
  if (isOpen) return;
  isOpen = true;
  const palettes = document.createElement("link");
  palettes.rel = "stylesheet";
  palettes.href = "/static/css/wardrobe.css";
  document.head.append(palettes);
}
