"""Who withheld the number, in every spelling; and who did not."""

import pytest

from common import phone
from common.phone.withheld import is_withheld

WITHHELD = """
||   ||-||?||*||"" <>||<unknown>||Anonymous||ANONYMOUS
"Anonymous" <sip:anonymous@anonymous.invalid>
sip:anonymous@anonymous.invalid||sips:anonymous@10.0.0.1:5061;transport=tls||anonymous@10.1.2.3
sip:c8oqz84zk7z@anonymous.invalid||sip:unavailable@unknown.invalid||"Unknown" <sip:@pbx.example.com>
sip:+266696687@203.0.113.9||sip:anonymous@pbx.example.com;user=phone||tel:anonymous||tel:+7378742833
Restricted||blocked||Private||PRIVATE NUMBER||private-number||Private Caller||Withheld
Number Withheld
Caller ID blocked||No Caller ID||no number||NoNumber||Unknown Caller||unknown number||Unavailable
Not available||not_available||N/A||n.a.||null||None||nil||undefined||hidden||Number hidden
Out of Area
suppressed||No Name||xxxxxxxxxx||XXXX||Unterdrückt||Unbekannt||unbekannte Rufnummer
Nummer unterdrückt
anonym||Anonymer Anrufer||Numéro masqué||NUMERO MASQUE||appel masqué||Inconnu||Numéro privé
Número privado||Número oculto||Desconocido||Numero desconocido||Anónimo||No disponible||desconhecido
Número restrito||Numero sconosciuto||Anonimo||Privato||Onbekend||Anoniem||afgeschermd nummer
numer zastrzeżony||Nieznany||Gizli numara||Bilinmeyen||Dolt nummer||Okänt nummer||Skjult nummer
Hemmeligt nummer||Tuntematon||Salainen numero||Skryté číslo||Ismeretlen||Номер скрыт
Неизвестный номер
неизвестен||Прихований номер||Άγνωστος||Απόκρυψη||رقم خاص||مجهول||غير معروف||חסוי||מספר חסוי
अज्ञात||निजी नंबर||未知||未知号码||私人号码||匿名||非通知||非通知設定||公衆電話||발신번호 표시제한
알 수 없음
0||00||000000||0000000000||+0||+266696687||266696687||00266696687||+1266696687||8656696||+8656696
7378742833||+7378742833||+17378742833||1 737-874-2833||(737) 874-2833||2562533||+2562533
+86282452253
86282452253||+464||464||7748483||anonymous%40anonymous.invalid||Ａｎｏｎｙｍｏｕｓ
sip:Anonymous@Anonymous.Invalid
"""
TOLD = """
+12025550101||12025550101||(202) 555-0101||sip:+12025550101@pbx.example.com
sip:noor@pbx.example.com
1001||100||noor@example.com||client:agent_1||Private Bank||Asha||Mr Brown
+351266696687||+34 266 696 687||+49 30 7378742833||*67||+17378742834||private.person.7@example.com
unknown-artist-2||Nonna||secretary||ext 12||+10000000001||Blocked Drains Ltd||12||999
"""


def cases(table: str) -> list[str]:
    return [one for line in table.splitlines() if line for one in line.split("||")]


def test_every_spelling_of_a_withheld_caller_is_one() -> None:
    assert [raw for raw in cases(WITHHELD) if not is_withheld(raw)] == []


def test_whoever_has_a_number_or_a_name_did_not_withhold_it() -> None:
    assert [raw for raw in cases(TOLD) if is_withheld(raw)] == []


@pytest.mark.parametrize("region", [None, "US", "GB", "IN", "DE"])
def test_no_withheld_caller_has_a_number_to_ask_at(region: str | None) -> None:
    found = {raw: number for raw in cases(WITHHELD) if (number := phone.normalised(raw, region))}

    assert found == {}


def test_a_tel_uri_may_be_written_large() -> None:
    assert phone.normalised("TEL:+1-202-555-0101") == "+12025550101"
