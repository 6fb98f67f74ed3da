//! English names of the regions and sectors that official tables know by code alone.

use super::codes;

/// Name of a region by its code, as tables use it: ISO 3166, or one of those that sources add.
pub fn region(code: &str) -> Option<&'static str> {
    codes::name(code)
}

/// Name of a section or division of ISIC Rev. 4, or of an industry of the OECD's tables.
pub fn sector(code: &str) -> Option<&'static str> {
    let listed = SECTORS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
    listed.or_else(|| {
        let mut divisions = DIVISIONS.lines().skip(1).filter_map(|line| line.split_once(','));
        divisions.find(|(known, _)| *known == code).map(|(_, name)| name)
    })
}

/// Divisions of ISIC Rev. 4: section and number, name.
const DIVISIONS: &str = include_str!("isic_divisions.csv");

/// Sections, then the industries into which the OECD's tables divide them.
const SECTORS: [(&str, &str); 53] = [
    ("A", "Agriculture, forestry and fishing"),
    ("B", "Mining and quarrying"),
    ("C", "Manufacturing"),
    ("D", "Electricity, gas, steam and air conditioning supply"),
    ("E", "Water supply; sewerage, waste management and remediation activities"),
    ("F", "Construction"),
    ("G", "Wholesale and retail trade; repair of motor vehicles and motorcycles"),
    ("H", "Transportation and storage"),
    ("I", "Accommodation and food service activities"),
    ("J", "Information and communication"),
    ("K", "Financial and insurance activities"),
    ("L", "Real estate activities"),
    ("M", "Professional, scientific and technical activities"),
    ("N", "Administrative and support service activities"),
    ("O", "Public administration and defence; compulsory social security"),
    ("P", "Education"),
    ("Q", "Human health and social work activities"),
    ("R", "Arts, entertainment and recreation"),
    ("S", "Other service activities"),
    ("T", "Activities of households as employers; own-use production of households"),
    ("U", "Activities of extraterritorial organizations and bodies"),
    ("A01_02", "Agriculture, hunting, forestry"),
    ("A03", "Fishing and aquaculture"),
    ("B05_06", "Mining and quarrying, energy producing products"),
    ("B07_08", "Mining and quarrying, non-energy producing products"),
    ("B09", "Mining support service activities"),
    ("C10T12", "Food products, beverages and tobacco"),
    ("C13T15", "Textiles, textile products, leather and footwear"),
    ("C16", "Wood and products of wood and cork"),
    ("C17_18", "Paper products and printing"),
    ("C19", "Coke and refined petroleum products"),
    ("C20", "Chemical and chemical products"),
    ("C21", "Pharmaceuticals, medicinal chemical and botanical products"),
    ("C22", "Rubber and plastics products"),
    ("C23", "Other non-metallic mineral products"),
    ("C24", "Basic metals"),
    ("C25", "Fabricated metal products"),
    ("C26", "Computer, electronic and optical equipment"),
    ("C27", "Electrical equipment"),
    ("C28", "Machinery and equipment, nec"),
    ("C29", "Motor vehicles, trailers and semi-trailers"),
    ("C30", "Other transport equipment"),
    ("C31T33", "Manufacturing nec; repair and installation of machinery and equipment"),
    ("H49", "Land transport and transport via pipelines"),
    ("H50", "Water transport"),
    ("H51", "Air transport"),
    ("H52", "Warehousing and support activities for transportation"),
    ("H53", "Postal and courier activities"),
    ("J58T60", "Publishing, audiovisual and broadcasting activities"),
    ("J61", "Telecommunications"),
    ("J62_63", "IT and other information services"),
    ("R_S", "Arts, entertainment, recreation and other services"),
    ("D_E", "Electricity, gas, water supply, sewerage, waste and remediation"),
];
