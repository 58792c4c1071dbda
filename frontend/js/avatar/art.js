// Mika, drawn: an SVG made once, whose parts puppet.js then moves. Original artwork; the palette is in
// css/avatar.css.
// `data-part` marks what moves; ids are only for gradients and clips, which SVG can refer to in no other way.

import { path, round, STRANDS } from "./shapes.js";

/**
 * A star with `points` points, as a path.
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} waist
 * @param {number} points
 */
export function star(x, y, radius, waist = 0.42, points = 4) {
  const corners = Array.from({ length: points * 2 }, (_, i) => {
    const angle = (Math.PI * i) / points - Math.PI / 2;
    const reach = i % 2 ? radius * waist : radius;
    return `${round(x + Math.cos(angle) * reach)} ${round(y + Math.sin(angle) * reach)}`;
  });
  return `M${corners.join("L")}Z`;
}

/** The gloss on her hair: a ring of slender leaves, each along its strand. */
const GLOSS = [30, 46, 34, 62, 40, 74, 46, 84, 52, 78, 40, 66, 34, 48, 28]
  .map((height, i) => {
    const x = (i - 7) * 23;
    const y = -142 + (x / 170) ** 2 * 50 + (i % 2 ? 4 : -2);
    const lean = x * 0.1;
    return path`M${x - lean} ${y - height / 2}C${x + 19} ${y - height / 8} ${x + 19} ${y + height / 8} ${x + lean} ${y + height / 2}C${x - 19} ${y + height / 8} ${x - 19} ${y - height / 8} ${x - lean} ${y - height / 2}Z`;
  })
  .join("");

const defs = () => `<defs>
  <linearGradient id="mika-hair" gradientUnits="userSpaceOnUse" x1="0" y1="-220" x2="0" y2="250">
    <stop stop-color="var(--hair1)"/><stop offset=".55" stop-color="var(--hair2)"/><stop offset="1" stop-color="var(--hair3)"/>
  </linearGradient>
  <linearGradient id="mika-back-hair" gradientUnits="userSpaceOnUse" x1="0" y1="-220" x2="0" y2="260">
    <stop stop-color="var(--back1)"/><stop offset="1" stop-color="var(--back2)"/>
  </linearGradient>
  <linearGradient id="mika-iris" x2="0" y2="1">
    <stop stop-color="var(--eye1)"/><stop offset=".55" stop-color="var(--eye2)"/><stop offset="1" stop-color="var(--eye3)"/>
  </linearGradient>
  <linearGradient id="mika-white" x2="0" y2="1"><stop stop-color="#dfe3f6"/><stop offset=".5" stop-color="#fff"/></linearGradient>
  <linearGradient id="mika-cloth" x2="0" y2="1"><stop stop-color="var(--cloth1)"/><stop offset="1" stop-color="var(--cloth2)"/></linearGradient>
  <linearGradient id="mika-sleeve" gradientUnits="userSpaceOnUse" x1="0" y1="570" x2="0" y2="920"><stop stop-color="var(--sleeve1)"/><stop offset="1" stop-color="var(--sleeve2)"/></linearGradient>
  <linearGradient id="mika-gloom" x2="0" y2="1">
    <stop stop-color="#3d4a8a" stop-opacity=".75"/><stop offset="1" stop-color="#3d4a8a" stop-opacity="0"/>
  </linearGradient>
  <radialGradient id="mika-blush"><stop stop-color="#ff6f91" stop-opacity=".75"/><stop offset="1" stop-color="#ff6f91" stop-opacity="0"/></radialGradient>
  <clipPath id="mika-face-clip"><path data-part="faceClip"/></clipPath>
  <clipPath id="mika-fringe-clip"><path data-part="fringeClip"/></clipPath>
  <clipPath id="mika-mouth-clip"><path data-part="mouthClip"/></clipPath>
</defs>`;

/** Her left side, and her right one as its mirror image. @param {string} left @param {string} [right] */
export const pair = (left, right = left) => `${left}<g transform="scale(-1 1)">${right}</g>`;

/** The shoulder stays with the body, so that no gap opens when the arm is raised. */
const SHOULDER =
  `<path class="edge" fill="url(#mika-sleeve)" d="M62 556C112 562 166 590 184 646C190 676 164 716 128 722Z"/>`;

/**
 * One arm hanging down: a forearm with its hand, and over it the upper arm. Both end in a round elbow;
 * the upper arm's end has no outline, so that the sleeve is one piece however it is bent.
 * @param {"L" | "R"} name
 */
const arm = (name) => `<g data-part="arm${name}">
  <g data-part="forearm${name}">
    <g data-part="hand${name}">
      <path class="edge skin" d="M142 908C132 926 114 938 117 953C121 966 137 959 145 949C139 974 142 1000 153 1001C162 1001 163 990 164 982C165 996 169 1009 179 1007C188 1005 187 992 186 980C191 992 197 999 204 994C211 988 207 966 203 950C201 934 199 922 197 908Z"/>
      <path class="line" stroke-width="2.5" opacity=".5" d="M164 982Q163 972 164 964M186 980Q185 970 185 963"/>
    </g>
    <path class="edge" fill="url(#mika-sleeve)" d="M129 806A39 39 0 0 1 207 806C216 846 222 876 216 902C190 914 150 914 124 904C118 876 122 840 129 806Z"/>
    <path class="edge" fill="var(--cuff)" d="M127 898C150 908 190 908 213 896C218 910 216 922 209 930C188 938 152 938 132 931C125 922 123 910 127 898Z"/>
    <path class="band" d="M126 886C150 897 190 897 216 884"/>
    <path class="line" stroke-width="3" opacity=".35" d="M204 846Q196 862 178 868M136 852Q142 862 152 866"/>
  </g>
  <path fill="url(#mika-sleeve)" d="M62 556C112 562 166 590 184 646C198 700 206 756 206 806A38 38 0 0 1 130 806C128 760 122 730 104 704Z"/>
  <path class="line" stroke-width="4" d="M62 556C112 562 166 590 184 646C198 700 206 756 207 806M129 806C128 772 124 744 114 720"/>
  <path class="line" stroke-width="3" opacity=".35" d="M196 770Q184 788 168 792"/>
</g>`;

const neck =
  () => `<path class="skin" d="M-36 470L-38 556C-60 560 -74 570 -74 590L0 660L74 590C74 570 60 560 38 556L36 470Z"/>
  <path fill="var(--skin3)" d="M-37 462H37L38 546C14 570 -14 570 -38 546Z"/>
  <path class="line warm" stroke-width="4" d="M-36 480C-37 520 -37 540 -42 556M36 480C37 520 37 540 42 556"/>
  <path class="line warm" stroke-width="3" opacity=".45" d="M-46 592Q-24 597 -12 612M46 592Q24 597 12 612"/>`;

const hoodie =
  () => `<g class="hoodie"><path class="edge" fill="url(#mika-cloth)" d="M-62 556C-86 560 -104 574 -110 598C-118 640 -128 676 -138 712C-130 770 -130 850 -148 960L148 960C130 850 130 770 138 712C128 676 118 640 110 598C104 574 86 560 62 556C54 606 26 640 0 654C-26 640 -54 606 -62 556Z"/>
  <path fill="var(--cloth4)" opacity=".55" d="M138 712C130 770 130 850 148 960L96 960C112 880 104 800 112 716C116 690 112 650 104 620C118 650 128 676 138 712Z"/>
  <path fill="var(--cloth4)" opacity=".5" d="M-112 606C-92 668 -40 706 0 716C40 706 92 668 112 606C104 690 40 728 0 736C-40 728 -104 690 -112 606Z"/>
  <path class="line" stroke-width="3" opacity=".4" d="M-128 716C-112 736 -104 752 -100 772M-132 770Q-120 782 -116 800M128 716C112 736 106 748 104 764"/>
  <path fill="var(--cloth2)" stroke="var(--line-cloth)" stroke-width="3.5" stroke-linejoin="round" d="M-10 846L-78 846C-88 870 -98 910 -102 960L-10 960ZM10 846L78 846C88 870 98 910 102 960L10 960Z"/>
  <path d="M0 700V960" stroke="var(--line-cloth)" stroke-width="11"/><path d="M0 700V960" stroke="var(--trim)" stroke-width="5"/>
  <path class="edge" fill="var(--trim)" d="M-8 724H8L6 752Q0 758 -6 752Z"/>
  <path class="edge" fill="var(--cloth3)" d="M-66 552C-90 542 -114 552 -120 574C-104 640 -50 686 0 704C50 686 104 640 120 574C114 552 90 542 66 552C54 606 26 640 0 654C-26 640 -54 606 -66 552Z"/>
  <path fill="none" stroke="var(--sleeve1)" stroke-width="4" stroke-linecap="round" opacity=".8" d="M-106 580C-88 634 -44 670 -6 684M106 580C88 634 44 670 6 684"/>
  <g fill="none" stroke-linecap="round">
    <path stroke="var(--line-cloth)" stroke-width="12" d="M-48 664Q-54 710 -46 744M48 664Q54 700 46 728"/>
    <path stroke="#fff" stroke-width="6.5" d="M-48 664Q-54 710 -46 744M48 664Q54 700 46 728"/>
  </g>
  <path class="edge" fill="var(--trim)" d="M-54 744h16v20q-8 8 -16 0ZM38 728h16v20q-8 8 -16 0Z"/>
  <g fill="var(--trim)">${[0, 1, 2, 3, 4].map((i) => `<rect data-part="bar${i}" x="${56 + i * 12}" width="7.5" rx="3.7"/>`).join("")}</g></g>`;

const body = () => `<g data-part="body"><g transform="translate(400 0)">
  <g class="hoodie"><path class="edge" fill="var(--cloth2)" d="M-148 634C-184 546 -96 500 0 500C96 500 184 546 148 634Z"/>
  <path fill="var(--cloth4)" d="M-104 600C-116 548 -60 526 0 526C60 526 116 548 104 600Z"/></g>
  ${pair(SHOULDER)}${pair(arm("L"), arm("R"))}
  ${neck()}${hoodie()}
</g></g>`;

/** @param {"L" | "R"} n */
const eye = (n) => `<g data-part="eye${n}">
  <clipPath id="mika-eye-clip-${n}"><path data-part="eyeClip${n}"/></clipPath>
  <path data-part="hole${n}" fill="url(#mika-white)"/>
  <g clip-path="url(#mika-eye-clip-${n})">
    <g data-part="iris${n}">
      <ellipse rx="29" ry="38" fill="url(#mika-iris)" stroke="var(--ink)" stroke-width="3"/>
      <ellipse cy="-2" rx="11" ry="16" fill="#131a44" opacity=".85"/>
      <ellipse cy="21" rx="18" ry="11" fill="var(--eye4)" opacity=".55"/>
    </g>
    <path data-part="shade${n}" fill="#3b3470" opacity=".22"/>
    <path data-part="pool${n}" fill="none" stroke="#c9f1ff" stroke-width="15"/>
  </g>
  <g data-part="shine${n}" fill="#fff"><ellipse cx="-11" cy="-15" rx="9.5" ry="12"/><circle cx="12" cy="15" r="5"/><circle cx="9" cy="-21" r="3" opacity=".8"/></g>
  <path data-part="lash${n}" fill="var(--ink)" stroke="var(--ink)" stroke-width="2" stroke-linejoin="round"/>
  <path data-part="lower${n}" class="line" opacity=".55" stroke-width="3"/>
  <path data-part="fold${n}" class="line" stroke-width="2.5"/>
</g>`;

const face = () => `<g data-part="face">
  <path data-part="faceOutline" class="skin edge"/>
  <g clip-path="url(#mika-face-clip)">
    <g data-part="fringeShade"><path data-part="fringeShadow" fill="var(--skin3)" opacity=".8"/></g>
    <path data-part="gloom" fill="url(#mika-gloom)" d="M-180 -140H180V110H-180Z"/>
  </g>
</g>
<g data-part="features">
  <g data-part="cheeks"><ellipse cx="-96" cy="84" rx="37" ry="23" fill="url(#mika-blush)"/><ellipse cx="96" cy="84" rx="37" ry="23" fill="url(#mika-blush)"/></g>
  <path data-part="cheekLines" class="line blush" stroke-width="4" d="M-116 92l10-17M-101 94l10-17M-86 92l10-17M76 92l10-17M91 94l10-17M106 92l10-17"/>
  <path data-part="nose" class="line" stroke-width="3" opacity=".6" d="M-3 62Q3 69 6 62"/>
  <g data-part="mouth">
    <path data-part="mouthHole" fill="#8d2740"/>
    <g clip-path="url(#mika-mouth-clip)"><ellipse data-part="tongue" rx="22" ry="17" fill="#ff8096"/><path data-part="teeth" fill="#fff"/></g>
    <path data-part="mouthLine" class="line" stroke-width="4.5"/>
  </g>
  ${eye("R")}${eye("L")}
  <g data-part="tears" fill="#8fdcff" stroke="#4fa9e8" stroke-width="2">
    <path data-part="tear0" d="M0 -4C14 16 21 34 0 40C-21 34 -14 16 0 -4Z"/><path data-part="tear1" d="M0 -4C14 16 21 34 0 40C-21 34 -14 16 0 -4Z"/>
  </g>
</g>`;

const hair = () => `<g data-part="frontHair">
  <path data-part="lockR" fill="url(#mika-hair)" class="edge lock"/><path data-part="lockL" fill="url(#mika-hair)" class="edge lock"/>
  <path data-part="ahoge" fill="url(#mika-hair)" class="edge lock"/><path data-part="fringe" fill="url(#mika-hair)" class="edge lock"/>
  <g clip-path="url(#mika-fringe-clip)">
    <path data-part="ring" fill="#fff" opacity=".32" d="${GLOSS}"/>
    <path class="strand" d="${STRANDS}"/>
  </g>
  <g transform="translate(-112 -68) rotate(-14)"><path d="${star(0, 0, 27, 0.5, 5)}" fill="#ffd84a" stroke="#d98a1c" stroke-width="3" stroke-linejoin="round"/></g>
</g>
<g data-part="brows"><path data-part="browR"/><path data-part="browL"/></g>`;

/** A cat's ear on the headset. @param {number} s side */
const ear = (s) => `<g transform="translate(${s * 116} -178) rotate(${s * 30})">
  <path class="edge" fill="var(--gear)" d="M-46 16C-38 -40 -12 -76 0 -78C12 -76 38 -40 46 16C20 4 -20 4 -46 16Z"/>
  <path class="glow" d="M-24 2C-20 -28 -8 -48 0 -50C8 -48 20 -28 24 2C10 -4 -10 -4 -24 2Z"/>
</g>`;

/** @param {"L" | "R"} n */
const cup = (n) => `<g data-part="cup${n}">
  <rect class="edge" x="-27" y="-50" width="54" height="104" rx="26" fill="var(--gear)"/>
  <rect x="-14" y="-32" width="28" height="68" rx="14" fill="var(--gear2)"/><path class="glow" d="${star(0, 2, 13)}"/>
</g>`;

/** The headset is light: navy would vanish before a dark game. */
const headset = () => `<g data-part="headset">
  <path fill="none" stroke="var(--line-cloth)" stroke-width="29" d="M-202 4C-214 -146 -122 -228 0 -228C122 -228 214 -146 202 4"/>
  <path fill="none" stroke="var(--gear)" stroke-width="21.5" d="M-202 4C-214 -146 -122 -228 0 -228C122 -228 214 -146 202 4"/>
  <path fill="none" stroke="var(--gear2)" stroke-width="7" opacity=".7" d="M-195 4C-207 -142 -118 -221 0 -221C118 -221 207 -142 195 4"/>
  ${ear(-1)}${ear(1)}${cup("R")}${cup("L")}
</g>`;

const effects = () => `<g>
  <path data-part="anger" fill="none" stroke="#e8304a" stroke-width="9" stroke-linecap="round" d="M-8 -30C-8 -14 -14 -8 -30 -8M8 -30C8 -14 14 -8 30 -8M-8 30C-8 14 -14 8 -30 8M8 30C8 14 14 8 30 8"/>
  <path data-part="shock" fill="none" stroke="#ffb52e" stroke-width="9" stroke-linecap="round" d="M232 -176l34-30M254 -128l44-12M208 -214l16-40M-232 -176l-34-30M-254 -128l-44-12M-208 -214l-16-40"/>
  <path data-part="sweat" d="M150 -84C168 -56 176 -36 152 -28C128 -34 134 -58 150 -84Z" fill="#a9e4ff" stroke="#4fa9e8" stroke-width="3"/>
  <g data-part="sparkle" fill="#ffd84a" stroke="#f2a21c" stroke-width="2"><path d="${star(-236, -120, 26, 0.3)}"/><path d="${star(246, -70, 20, 0.3)}"/><path d="${star(222, -214, 14, 0.3)}"/></g>
</g>`;

export const VIEW_BOX = "0 0 800 900";

/** The whole drawing, as SVG source. */
export const drawing =
  () => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${VIEW_BOX}" preserveAspectRatio="xMidYMax" role="img" class="puppet">
${defs()}
<g data-part="all">
  <g data-part="backHair"><path data-part="backHairOutline" fill="url(#mika-back-hair)" class="edge lock"/></g>
  ${body()}
  <g data-part="head">${face()}${hair()}${headset()}${effects()}</g>
</g>
</svg>`;
