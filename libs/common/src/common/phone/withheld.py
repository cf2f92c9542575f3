"""Callers who withheld their number: in which words, addresses and codes switches say so.

A word where a number belongs is the switch's own, in the language that it was installed in, with
or without "number", "caller", "ID" around it; a code is such a word typed on a keypad, which
clouds send as if it were a number.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

_WORDS = """
    anonymous anonymised anonymized blocked hidden invisible masked none null nil private restricted
    secret suppressed unavailable undefined unidentified unknown unlisted withheld noname nonumber
    nocallerid outofarea absent confidential payphone coinphone notavailable notprovided na
    anonym anonyme anonimo anonima anonymni anonyymi anoniem anonimowy anonimno anonim anonimous
    unbekannt unterdruckt unterdrueckt verborgen geheim unbekannter anonymer privater
    inconnu inconnue masque masquee cache cachee prive privee secrete confidentiel restreint
    desconocido desconocida oculto oculta privado privada restringido bloqueado reservado
    desconhecido desconhecida restrito confidencial sconosciuto sconosciuta nascosto privato
    riservato onbekend onbekende afgeschermd verborgen prive nieznany zastrzezony prywatny ukryty
    bilinmeyen gizli ozel okant dolt hemligt skyddat ukendt hemmeligt skjult ukjent tuntematon
    salattu salainen neznamy nezname neznama skryte skryty utajene ismeretlen rejtett necunoscut
    ascuns privat nepoznat skriven skriveno neznan unbekannte tersembunyi peribadi pribadi
    неизвестный неизвестно неизвестен скрыт скрытый анонимный анонимно анонимен приватный частный
    невідомий прихований анонімний приватний скрит таен непознат
    αγνωστος αποκρυψη αποκρυφος απορρητο ανωνυμος κρυφος
    مجهول خاص محجوب مخفي ناشناس پوشیده חסוי חסום פרטי
    अज्ञात निजी गुप्त
"""
# What may stand beside such a word and says nothing itself.
_BESIDE = """
    number numbers no not id caller callerid call calls calling from name the user subscriber party
    participant phone is by of address information info presentation clir cli clid available
    numero numéro numer nummer numara nombre appel appelant llamada llamante chiamante chamada
    anrufer rufnummer teilnehmer beller oproep dzwoniacy arayan samtal nimero broj cislo cislem
    номер абонент звонок вызов αριθμος رقم नंबर कॉलर מספר nomor nombor tidak dikenal
"""
# Written without spaces, or as a phrase of which no word alone would do.
_PHRASES = """
    未知 未知号码 匿名 私人号码 隐藏号码 无来电显示 无法显示 未知來電 未知號碼 私人號碼 無來電顯示
    號碼保密
    非通知 非通知設定 公衆電話 表示圏外 通知不可能 不明 番号非通知
    발신번호표시제한 발신자표시제한 발신번호없음 알수없음 익명 번호없음 ไม่ทราบ ไม่ทราบหมายเลข
    เบอร์ส่วนตัว ไม่แสดงหมายเลข
    khôngxácđịnh sốriêng ẩnsố sốẩn tidakdikenal tidakdiketahui nocallerid outofarea notavailable
    nichtverfugbar nonidentifie nondisponible nodisponible nondisponibile naodisponivel
    noncomunicato numeronomostrado senzanumero sinnumero semnumero sansnumero keinenummer
    geennummer brakdanych brak غيرمعروف غيرمتاح לאידוע لاتوجدمعلومات
"""
# The keypad words of clouds and carriers: anonymous, unknown (and its common misspelling),
# restricted (likewise), blocked, private, unavailable, withheld, hidden, no name; and what
# one gateway sends where there was no caller ID.
_CODES = frozenset(
    (
        "266696687",
        "8656696",
        "8566696",
        "7378742833",
        "7378742883",
        "2562533",
        "7748483",
        "86282452253",
        "94844353",
        "443336",
        "666263",
        "464",
    )
)
_URI = re.compile(r"(?:sips?|tel|callto|h323|im|pres):", re.IGNORECASE)
_NOBODY = frozenset({"anonymous.invalid", "unknown.invalid", "restricted.invalid"})
_LETTERS = re.compile(r"[^\W\d_]+")
_COUNTRY_OF_KEYPADS = "1"


def _plain(text: str) -> str:
    """Without case, marks and widths: `Numéro Masqué` -> `numero masque`."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in folded if unicodedata.category(c)[0] != "M" and c.isprintable())
    return unicodedata.normalize("NFC", kept)


_SAY_SO = frozenset(_plain(_WORDS).split())
_SAY_NOTHING = frozenset(_plain(_BESIDE).split())
_WHOLE = frozenset(_plain(_PHRASES).split())


@lru_cache(maxsize=16_384)
def is_withheld(raw: str) -> bool:
    """True for every way of saying that the caller's number is not told, nothing at all included.

    What is no number for another reason (an extension, a SIP user) is not withheld.
    """
    text = _plain(unquote(raw)[:500]).strip()
    user, host = _parts_of_uri(text)
    if host.partition(":")[0] in _NOBODY or host.endswith(".invalid"):
        return True
    letters = _LETTERS.findall(_joined_initials(user))
    if not letters:
        return _no_number(re.sub(r"\D", "", user), user)
    if any(character.isdigit() for character in user):
        return False
    whole = "".join(letters)
    if whole in _WHOLE or whole in _SAY_SO or set(whole) == {"x"}:
        return True
    return any(w in _SAY_SO for w in letters) and all(
        w in _SAY_SO or w in _SAY_NOTHING for w in letters
    )


def _parts_of_uri(text: str) -> tuple[str, str]:
    """User and host of `"Name" <sip:user@host;tag=1>`; the text itself where it is no address."""
    if "<" in text and (inner := text[text.index("<") + 1 :].partition(">")[0]).strip():
        text = inner
    uri = _URI.match(text.strip(" \"'"))
    if uri is None:
        # A plain word may have a host as well; an e-mail address has one, too, and is no word.
        user, _, host = text.partition("@")
        return user, host.partition(";")[0].strip(" >\"'")
    user, _, host = text.strip(" \"'")[uri.end() :].partition("@")
    return user.partition(";")[0], re.split(r"[;?>]", host)[0]


def _joined_initials(text: str) -> str:
    """`N/A`, `n.a.` -> `na`."""
    return "na" if re.fullmatch(r"\W*n\W?a\W*", text) else text


def _no_number(digits: str, text: str) -> bool:
    """Nothing, nothing but zeros, or a keypad word with or without its plus or prefix."""
    bare = digits.lstrip("0")
    if not bare:
        return True
    if any(character in text for character in "*#"):
        return False
    return bare in _CODES or bare.removeprefix(_COUNTRY_OF_KEYPADS) in _CODES
