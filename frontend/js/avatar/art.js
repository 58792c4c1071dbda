// Mika, drawn: an SVG made once, whose parts puppet.js then moves. Original artwork; the palette is in css/avatar.css.
// `data-part` marks what moves; ids are only for gradients and clips, which SVG can refer to in no other way.

import { round, STRANDS } from "./shapes.js";

/** A star with `points` points, as a path. @param {number} x @param {number} y @param {number} radius @param {number} waist @param {number} points */
function star(x, y, radius, waist = 0.42, points = 4) {
  const corners = Array.from({ length: points * 2 }, (_, i) => {
    const angle = (Math.PI * i) / points - Math.PI / 2;
    const reach = i % 2 ? radius * waist : radius;
    return `${round(x + Math.cos(angle) * reach)} ${round(y + Math.sin(angle) * reach)}`;
  });
  return `M${corners.join("L")}Z`;
}

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
  <linearGradient id="mika-sleeve" x2="0" y2="1"><stop stop-color="var(--sleeve1)"/><stop offset="1" stop-color="var(--sleeve2)"/></linearGradient>
  <linearGradient id="mika-gloom" x2="0" y2="1">
    <stop stop-color="#3d4a8a" stop-opacity=".75"/><stop offset="1" stop-color="#3d4a8a" stop-opacity="0"/>
  </linearGradient>
  <radialGradient id="mika-blush"><stop stop-color="#ff6f91" stop-opacity=".75"/><stop offset="1" stop-color="#ff6f91" stop-opacity="0"/></radialGradient>
  <clipPath id="mika-face-clip"><path data-part="faceClip"/></clipPath>
  <clipPath id="mika-fringe-clip"><path data-part="fringeClip"/></clipPath>
  <clipPath id="mika-mouth-clip"><path data-part="mouthClip"/></clipPath>
</defs>`;

/** One arm hanging down: upper arm, and a forearm with its hand. @param {number} s side */
function arm(s) {
  const name = s > 0 ? "L" : "R";
  return `<g data-part="arm${name}">
  <path class="edge" fill="url(#mika-sleeve)" d="M${s * 84} 590C${s * 150} 590 ${s * 196} 660 ${s * 208} 790C${s * 208} 850 ${s * 132} 850 ${s * 128} 800C${s * 124} 740 ${s * 120} 700 ${s * 84} 690Z"/>
  <g data-part="forearm${name}"><g data-part="hand${name}">
    <path class="edge skin" d="M${s * 142} 910C${s * 128} 930 ${s * 116} 944 ${s * 124} 954C${s * 132} 962 ${s * 142} 952 ${s * 147} 946C${s * 140} 976 ${s * 152} 992 ${s * 164} 984C${s * 170} 1000 ${s * 186} 998 ${s * 189} 984C${s * 202} 986 ${s * 208} 970 ${s * 202} 952C${s * 200} 936 ${s * 198} 924 ${s * 196} 910Z"/>
  </g>
  <path class="edge" fill="url(#mika-sleeve)" d="M${s * 128} 794C${s * 122} 840 ${s * 122} 890 ${s * 126} 920C${s * 146} 938 ${s * 190} 938 ${s * 212} 918C${s * 218} 880 ${s * 214} 840 ${s * 208} 794C${s * 196} 758 ${s * 138} 758 ${s * 128} 794Z"/>
  <path class="band" d="M${s * 127} 898C${s * 150} 914 ${s * 188} 914 ${s * 212} 897"/></g>
</g>`;
}

const body = () => `<g data-part="body"><g transform="translate(400 0)">
  <path class="edge" fill="var(--cloth2)" d="M-142 628C-172 540 -90 500 0 500C90 500 172 540 142 628Z"/>
  ${arm(1)}${arm(-1)}
  <path class="skin" d="M-36 470L-38 556C-60 560 -74 570 -74 590L0 660L74 590C74 570 60 560 38 556L36 470Z"/>
  <path fill="var(--skin3)" d="M-36 490C-20 532 20 532 36 490L37 536C14 566 -14 566 -37 536Z"/>
  <path class="line" stroke-width="4" d="M-36 480L-38 556M36 480L38 556"/>
  <path class="line" stroke-width="3" opacity=".4" d="M-46 590Q-24 596 -12 610M46 590Q24 596 12 610"/>
  <path class="edge" fill="url(#mika-cloth)" d="M-66 554C-104 562 -134 582 -144 630C-152 720 -148 820 -154 960L154 960C148 820 152 720 144 630C134 582 104 562 66 554C54 606 26 640 0 654C-26 640 -54 606 -66 554Z"/>
  <path class="line" stroke-width="3" opacity=".5" d="M-122 690C-116 740 -118 780 -126 820M122 690C116 740 118 780 126 820"/>
  <path fill="var(--cloth2)" stroke="var(--ink)" stroke-opacity=".5" stroke-width="3" d="M-84 960L-74 862C-70 846 70 846 74 862L84 960Z"/>
  <path class="edge" fill="var(--cloth3)" d="M-66 554C-88 544 -110 552 -116 572C-100 636 -48 682 0 698C48 682 100 636 116 572C110 552 88 544 66 554C54 606 26 640 0 654C-26 640 -54 606 -66 554Z"/>
  <path d="M0 698V848" stroke="var(--trim)" stroke-width="6"/>
  <g fill="none" stroke-linecap="round">
    <path stroke="var(--ink)" stroke-width="12" d="M-44 664Q-48 710 -42 744M44 664Q48 700 42 728"/>
    <path stroke="#fff" stroke-width="7" d="M-44 664Q-48 710 -42 744M44 664Q48 700 42 728"/>
  </g>
  <circle class="edge" cx="-42" cy="750" r="10" fill="var(--trim)"/><circle class="edge" cx="42" cy="734" r="10" fill="var(--trim)"/>
  <g fill="var(--trim)">${[0, 1, 2, 3, 4].map((i) => `<rect data-part="bar${i}" x="${46 + i * 13}" width="8" rx="4"/>`).join("")}</g>
</g></g>`;

/** @param {"L" | "R"} n */
const eye = (n) => `<g data-part="eye${n}">
  <clipPath id="mika-eye-clip-${n}"><path data-part="eyeClip${n}"/></clipPath>
  <path data-part="hole${n}" fill="url(#mika-white)"/>
  <g clip-path="url(#mika-eye-clip-${n})">
    <g data-part="iris${n}">
      <ellipse rx="29" ry="38" fill="url(#mika-iris)" stroke="var(--ink)" stroke-width="3"/>
      <ellipse cy="-2" rx="11" ry="16" fill="#131a44" opacity=".85"/>
      <ellipse cy="21" rx="18" ry="11" fill="#b8fff6" opacity=".55"/>
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
  <g data-part="cheeks"><ellipse cx="-106" cy="84" rx="42" ry="24" fill="url(#mika-blush)"/><ellipse cx="106" cy="84" rx="42" ry="24" fill="url(#mika-blush)"/></g>
  <path data-part="cheekLines" class="line blush" stroke-width="4" d="M-122 92l10-17M-106 94l10-17M-90 92l10-17M90 92l10-17M106 94l10-17M122 92l10-17"/>
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
  <path data-part="lockR" fill="url(#mika-hair)" class="edge"/><path data-part="lockL" fill="url(#mika-hair)" class="edge"/>
  <path data-part="ahoge" fill="url(#mika-hair)" class="edge"/><path data-part="fringe" fill="url(#mika-hair)" class="edge"/>
  <g clip-path="url(#mika-fringe-clip)">
    <path data-part="ring" fill="#fff" opacity=".38" d="M-180 -92L-160 -124L-144 -106L-118 -142L-100 -122L-66 -154L-48 -136L0 -160L40 -138L66 -156L96 -124L122 -144L142 -108L164 -124L182 -90L150 -92L126 -112L98 -98L70 -122L36 -112L0 -128L-44 -110L-70 -124L-104 -94L-124 -112L-148 -88Z"/>
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

const headset = () => `<g data-part="headset">
  <path fill="none" stroke="var(--ink)" stroke-width="29" d="M-202 4C-214 -146 -122 -228 0 -228C122 -228 214 -146 202 4"/>
  <path fill="none" stroke="var(--gear)" stroke-width="22" d="M-202 4C-214 -146 -122 -228 0 -228C122 -228 214 -146 202 4"/>
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
export const drawing = () => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${VIEW_BOX}" role="img" class="puppet">
${defs()}
<g data-part="all">
  <g data-part="backHair"><path data-part="backHairOutline" fill="url(#mika-back-hair)" class="edge"/></g>
  ${body()}
  <g data-part="head">${face()}${hair()}${headset()}${effects()}</g>
</g>
</svg>`;
