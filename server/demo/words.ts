/** Invented names for the demo company's customers. None is meant to be a real person or business. */
const list = (text: string): string[] => text.trim().split(/\s*,\s*/);

export const companyWords = list(`
  Quillhaven, Brindlemoor, Tarnwick, Fenbrook, Osterleigh, Marlowick, Sablecrest, Thornfell, Wexmere, Larkspire,
  Drumcairn, Pellworth, Ashgrove, Hollowmere, Kestrelby, Norvane, Elmsward, Caddisford, Ravensholt, Briarwick,
  Stonemere, Vellorin, Oakhurst, Mistlefen, Harrowgate, Copperlin, Wrenfield, Solvane, Greyforth, Amberlow,
  Driftmoor, Foxmere, Ivorden, Juniperhall, Kelderby, Lindenwick, Mosswater, Nettlebridge, Orchardine, Penhollow,
  Rushbourne, Silvermoor, Tidewick, Umberfield, Valebrook, Willowmarch, Yarrowby, Zephyrstone, Birchmere, Cloverden`);

export const trades = list(`
  Roasters, Foods, Dental Group, Hardware, Interiors, Bakery, Logistics, Print Works, Garden Supply, Builders,
  Brewing, Outfitters, Electric, Plumbing, Schools, Clinics, Media, Optics, Textiles, Farms, Catering, Motors, Marine,
  Books, Pharmacy, Fitness, Design, Timber, Glass, Ceramics, Metals, Packaging, Cleaning, Security, Travel, Hotels,
  Laboratories`);

export const firstNames = list(`
  Ada, Amir, Bea, Carlos, Chidi, Dana, Elif, Emil, Farah, Gita, Hugo, Ines, Ivo, Jana, Kofi, Lena, Leo, Maja, Mateo,
  Mei, Nadia, Noor, Olga, Omar, Paula, Priya, Quinn, Rafael, Rosa, Sami, Sora, Tariq, Tess, Uma, Viktor, Wanda, Yara, Zoe`);

export const lastNames = list(`
  Abara, Berglund, Castell, Dimitrov, Eklund, Farrow, Grantham, Hollis, Ibarra, Jansen, Kowalk, Lindmark, Marchetti,
  Novik, Okonjo, Petrov, Quist, Ramdas, Sandoval, Tanaki, Ulrich, Vance, Whitlock, Ximenes, Yilmaz, Zeller`);

export const streets = list(
  `Mill Lane, Harbor Street, Station Road, Orchard Avenue, Canal Street, Foundry Road, Market Square, Bridge Street, Hill Road, Dock Street`,
);

export const towns: [string, string, string][] = [
  ['Fairhollow', 'OH', '43999'],
  ['Port Ansel', 'OR', '97999'],
  ['Lake Verity', 'MN', '55999'],
  ['Brightwater', 'CO', '80999'],
  ['Mapleton Falls', 'NY', '14999'],
  ['Cedar Notch', 'WA', '98999'],
  ['Red Prairie', 'TX', '75999'],
  ['Summerfield', 'GA', '30999'],
];

export const items = list(`
  Monthly supply, Service contract, Spare parts, Consumables, Installation, Maintenance visit, Equipment rental,
  Seasonal order, Special order, Training day, Delivery and freight, Yearly inspection`);

export const banks = list('Wire, ACH credit, Transfer');
