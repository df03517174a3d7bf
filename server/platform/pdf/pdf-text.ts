/**
 * The standard fonts of PDF know the letters of Western Europe (WinAnsi) and need no font file. Other Latin letters
 * lose their marks, Cyrillic and Greek are written in Latin letters, anything else becomes "?", so that a name is
 * always readable and never breaks the page.
 */
const winAnsiExtras = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

const cyrillic: Record<string, string> = Object.fromEntries(
  'а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=yi є=ye ґ=g ў=u ј=j љ=lj њ=nj ђ=dj ћ=c џ=dz ѓ=g ќ=k ѕ=dz'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);
const greek: Record<string, string> = Object.fromEntries(
  'α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);
const others: Record<string, string> = {
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ħ: 'h',
  Ħ: 'H',
  ı: 'i',
  ĸ: 'k',
  ŋ: 'n',
  Ŋ: 'N',
  ŧ: 't',
  Ŧ: 'T',
  ə: 'e',
  Ə: 'E',
  '₹': 'Rs.',
  '₺': 'TL',
  '₽': 'RUB',
  '₩': 'KRW',
  '₫': 'VND',
  '₴': 'UAH',
  '₱': 'PHP',
  '₪': 'ILS',
  '฿': 'THB',
  '−': '-',
  '‐': '-',
  '‑': '-',
  '№': 'No.',
};

const fits = (char: string): boolean => {
  const code = char.codePointAt(0)!;
  return (code >= 32 && code < 127) || (code >= 161 && code <= 255) || winAnsiExtras.includes(char);
};

/** The text in letters that the standard fonts have. Line ends stay; other control characters go. */
export function winAnsi(text: string): string {
  let result = '';
  for (const char of text.normalize('NFC')) {
    if (fits(char) || char === '\n') result += char;
    else if (/\s/u.test(char)) result += ' ';
    else if (!/[\p{Cc}\p{Cf}]/u.test(char)) result += inLatin(char);
  }
  return result;
}

function inLatin(char: string): string {
  const known = others[char];
  if (known !== undefined) return known;
  const base = char.normalize('NFKD').replace(/\p{M}/gu, '');
  const lower = base.toLowerCase();
  const latin = cyrillic[lower] ?? greek[lower];
  if (latin !== undefined) return base === lower ? latin : latin.charAt(0).toUpperCase() + latin.slice(1);
  return base !== '' && base !== char && [...base].every(fits) ? base : '?';
}
