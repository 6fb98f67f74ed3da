//! Who makes each table, on what terms, and how it is cited.

use viner_model::tables::Description;

use super::detect::Format;

/// Fills in what the description does not say: source, licence as the maker states it publicly, and
/// citation.
pub(crate) fn complete(description: &mut Description, format: Format, file: &str) {
    let Some([source, licence, citation]) = of(format, file) else { return };
    let parts = [&mut description.source, &mut description.licence, &mut description.citation];
    for (part, text) in parts.into_iter().zip([source, licence, citation]) {
        if part.is_empty() {
            text.clone_into(part);
        }
    }
}

/// Source, licence and citation; `None` for a table whose maker the layout does not tell.
pub(crate) fn of(format: Format, file: &str) -> Option<[&'static str; 3]> {
    const ASK: &str = "as in the maker's terms of use";
    Some(match format {
        Format::Icio => [
            "OECD, Inter-Country Input-Output Tables, http://oe.cd/icio",
            "free to reuse with attribution (CC BY 4.0 for data published or updated since July 2024)",
            "OECD, OECD Inter-Country Input-Output Database, http://oe.cd/icio",
        ],
        Format::Figaro => [
            "Eurostat, FIGARO tables: EU inter-country supply, use and input-output tables",
            "CC BY 4.0: reuse with acknowledgement of the source",
            "Eurostat, FIGARO: full international and global accounts for research in input-output \
             analysis",
        ],
        Format::Wiod | Format::WiodLong => [
            "World Input-Output Database, https://www.rug.nl/ggdc/valuechain/wiod/",
            "CC BY 4.0, as its site states of release 2016",
            "Timmer, Dietzenbacher, Los, Stehrer and de Vries (2015), An Illustrated User Guide to the \
             World Input-Output Database: the Case of Global Automotive Production, Review of \
             International Economics 23: 575-605",
        ],
        Format::Adb => [
            "Asian Development Bank, Multi-Regional Input-Output Tables, https://mrio.adbx.online",
            ASK,
            "Asian Development Bank, Multi-Regional Input-Output Database",
        ],
        // Any table that pymrio saved has this layout.
        Format::Exiobase if !is_exiobase(file) => return None,
        Format::Exiobase => [
            "EXIOBASE 3, https://doi.org/10.5281/zenodo.3583070",
            "CC BY-SA 4.0 since version 3.8",
            "Stadler et al. (2018), EXIOBASE 3: Developing a Time Series of Detailed Environmentally \
             Extended Multi-Regional Input-Output Tables, Journal of Industrial Ecology 22: 502-515",
        ],
        Format::Eora => [
            "Eora26, https://worldmrio.com",
            "free for academic work at institutions that grant degrees; a licence for all else",
            "Lenzen, Moran, Kanemoto and Geschke (2013), Building Eora: a global multi-region \
             input-output database at high country and sector resolution, Economic Systems Research \
             25: 20-49",
        ],
        Format::GtapHar => [
            "Center for Global Trade Analysis, Purdue University, GTAP Data Base, \
             https://www.gtap.agecon.purdue.edu",
            "for holders of a licence of the GTAP Data Base; not to be passed on",
            "Center for Global Trade Analysis, GTAP Data Base; state its version",
        ],
        Format::Gloria => [
            "GLORIA, Global Resource Input-Output Assessment database, https://ielab.info",
            "free for academic work; a licence of its makers for commercial use",
            "Lenzen et al. (2022), Implementing the material footprint to measure progress towards \
             Sustainable Development Goals 8 and 12, Nature Sustainability 5: 157-166",
        ],
        _ => return None,
    })
}

fn is_exiobase(file: &str) -> bool {
    let name = file.to_ascii_lowercase();
    name.contains("exio") || name.starts_with("iot_")
}
