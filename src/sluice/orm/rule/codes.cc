// Rules for codes of standards: countries, currencies, languages, time zones.
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"

namespace sluice::orm {
namespace {

/// ISO 3166-1: alpha-2, alpha-3 and number of each country, ordered by alpha-2.
constexpr std::string_view kCountries =
    "ADAND020AEARE784AFAFG004AGATG028AIAIA660ALALB008AMARM051AOAGO024AQATA010ARARG032"
    "ASASM016ATAUT040AUAUS036AWABW533AXALA248AZAZE031BABIH070BBBRB052BDBGD050BEBEL056"
    "BFBFA854BGBGR100BHBHR048BIBDI108BJBEN204BLBLM652BMBMU060BNBRN096BOBOL068BQBES535"
    "BRBRA076BSBHS044BTBTN064BVBVT074BWBWA072BYBLR112BZBLZ084CACAN124CCCCK166CDCOD180"
    "CFCAF140CGCOG178CHCHE756CICIV384CKCOK184CLCHL152CMCMR120CNCHN156COCOL170CRCRI188"
    "CUCUB192CVCPV132CWCUW531CXCXR162CYCYP196CZCZE203DEDEU276DJDJI262DKDNK208DMDMA212"
    "DODOM214DZDZA012ECECU218EEEST233EGEGY818EHESH732ERERI232ESESP724ETETH231FIFIN246"
    "FJFJI242FKFLK238FMFSM583FOFRO234FRFRA250GAGAB266GBGBR826GDGRD308GEGEO268GFGUF254"
    "GGGGY831GHGHA288GIGIB292GLGRL304GMGMB270GNGIN324GPGLP312GQGNQ226GRGRC300GSSGS239"
    "GTGTM320GUGUM316GWGNB624GYGUY328HKHKG344HMHMD334HNHND340HRHRV191HTHTI332HUHUN348"
    "IDIDN360IEIRL372ILISR376IMIMN833ININD356IOIOT086IQIRQ368IRIRN364ISISL352ITITA380"
    "JEJEY832JMJAM388JOJOR400JPJPN392KEKEN404KGKGZ417KHKHM116KIKIR296KMCOM174KNKNA659"
    "KPPRK408KRKOR410KWKWT414KYCYM136KZKAZ398LALAO418LBLBN422LCLCA662LILIE438LKLKA144"
    "LRLBR430LSLSO426LTLTU440LULUX442LVLVA428LYLBY434MAMAR504MCMCO492MDMDA498MEMNE499"
    "MFMAF663MGMDG450MHMHL584MKMKD807MLMLI466MMMMR104MNMNG496MOMAC446MPMNP580MQMTQ474"
    "MRMRT478MSMSR500MTMLT470MUMUS480MVMDV462MWMWI454MXMEX484MYMYS458MZMOZ508NANAM516"
    "NCNCL540NENER562NFNFK574NGNGA566NINIC558NLNLD528NONOR578NPNPL524NRNRU520NUNIU570"
    "NZNZL554OMOMN512PAPAN591PEPER604PFPYF258PGPNG598PHPHL608PKPAK586PLPOL616PMSPM666"
    "PNPCN612PRPRI630PSPSE275PTPRT620PWPLW585PYPRY600QAQAT634REREU638ROROU642RSSRB688"
    "RURUS643RWRWA646SASAU682SBSLB090SCSYC690SDSDN729SESWE752SGSGP702SHSHN654SISVN705"
    "SJSJM744SKSVK703SLSLE694SMSMR674SNSEN686SOSOM706SRSUR740SSSSD728STSTP678SVSLV222"
    "SXSXM534SYSYR760SZSWZ748TCTCA796TDTCD148TFATF260TGTGO768THTHA764TJTJK762TKTKL772"
    "TLTLS626TMTKM795TNTUN788TOTON776TRTUR792TTTTO780TVTUV798TWTWN158TZTZA834UAUKR804"
    "UGUGA800UMUMI581USUSA840UYURY858UZUZB860VAVAT336VCVCT670VEVEN862VGVGB092VIVIR850"
    "VNVNM704VUVUT548WFWLF876WSWSM882YEYEM887YTMYT175ZAZAF710ZMZMB894ZWZWE716";
constexpr std::size_t kCountryWidth = 8;

/// ISO 4217, ordered.
constexpr std::string_view kCurrencies =
    "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHE"
    "CHFCHWCLFCLPCNYCOPCOUCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNF"
    "GTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKR"
    "LRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPEN"
    "PGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJS"
    "TMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYUUYWUZSVEDVESVNDVUVWSTXADXAFXAGXAUXBAXBBXBC"
    "XBDXCDXCGXDRXOFXPDXPFXPTXSUXTSXUAXXXYERZARZMWZWG";

/// True when one entry of `table` has `code` at `offset`.
bool has_code(std::string_view table, std::size_t width, std::size_t offset,
              std::string_view code) {
  for (std::size_t at = 0; at < table.size(); at += width) {
    if (table.substr(at + offset, code.size()) == code) {
      return true;
    }
  }
  return false;
}

bool is_alpha2(std::string_view text) {
  return text.size() == 2 && has_code(kCountries, kCountryWidth, 0, text);
}
bool is_alpha3(std::string_view text) {
  return text.size() == 3 && has_code(kCountries, kCountryWidth, 2, text);
}
bool is_country_number(std::string_view text) {
  return text.size() == 3 && has_code(kCountries, kCountryWidth, 5, text);
}
bool is_currency(std::string_view text) {
  return text.size() == 3 && has_code(kCurrencies, 3, 0, text);
}

/// The well-formed tags of BCP 47, without looking subtags up: language, script, region, variants,
/// extensions, private use.
bool is_language_tag(std::string_view text) {
  bool first = true;
  bool after_singleton = false;
  while (true) {
    const std::size_t dash = text.find('-');
    const std::string_view part = text.substr(0, dash);
    const bool private_use = part == "x" || part == "X";
    if (part.empty() || part.size() > 8 || !all_are(part, kAlnum) ||
        (first && !private_use && (part.size() < 2 || !all_are(part, kLetter)))) {
      return false;
    }
    if (after_singleton && part.size() == 1) {
      return false;
    }
    after_singleton = part.size() == 1;
    first = false;
    if (dash == std::string_view::npos) {
      return !after_singleton;
    }
    text.remove_prefix(dash + 1);
  }
}

/// The form of an IANA name: UTC, Pacific/Auckland, America/Argentina/Ushuaia, Etc/GMT+5.
bool is_time_zone(std::string_view text) {
  if (text == "UTC" || text == "GMT" || text == "Z") {
    return true;
  }
  int parts = 0;
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (part.size() < 2 || part.size() > 32 || !is(part.front(), kUpper)) {
      return false;
    }
    for (const char c : part) {
      if (!is(c, kAlnum) && c != '_' && c != '-' && c != '+') {
        return false;
      }
    }
    ++parts;
    if (slash == std::string_view::npos) {
      return parts >= 2 && parts <= 3;
    }
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

const RuleKind kCountryAlpha2{.name = "country_alpha2",
                              .summary = "A country of ISO 3166-1, two letters",
                              .check = check_text<is_alpha2>};
const RuleKind kCountryAlpha3{.name = "country_alpha3",
                              .summary = "A country of ISO 3166-1, three letters",
                              .check = check_text<is_alpha3>};
const RuleKind kCountryNumeric{.name = "country_numeric",
                               .summary = "A country of ISO 3166-1, three digits",
                               .check = check_text<is_country_number>};
const RuleKind kCurrency{
    .name = "currency", .summary = "A currency of ISO 4217", .check = check_text<is_currency>};
const RuleKind kLanguageTag{.name = "language_tag",
                            .summary = "A well-formed language tag (BCP 47)",
                            .check = check_text<is_language_tag>};
const RuleKind kTimeZone{.name = "time_zone",
                         .summary = "The form of an IANA time zone",
                         .check = check_text<is_time_zone>};

}  // namespace sluice::orm
