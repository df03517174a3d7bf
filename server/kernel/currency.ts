/** ISO 4217 currencies by number of decimal digits; every currency not listed below has two. */
const zeroDecimals = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const threeDecimals = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
const twoDecimals =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG'.split(
    ' ',
  );

const exponents = new Map<string, number>([
  ...twoDecimals.map((code) => [code, 2] as const),
  ...zeroDecimals.map((code) => [code, 0] as const),
  ...threeDecimals.map((code) => [code, 3] as const),
]);

export const currencyCodes: readonly string[] = [...exponents.keys()].sort();

/** True for an upper-case ISO 4217 code in use. */
export function isCurrency(code: string): boolean {
  return exponents.has(code);
}

/** Decimal digits of the currency's minor unit: 0, 2 or 3. Throws for an unknown code: callers check first. */
export function currencyExponent(code: string): number {
  const exponent = exponents.get(code);
  if (exponent === undefined) throw new RangeError(`unknown currency ${code}`);
  return exponent;
}
