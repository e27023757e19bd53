"""Sums and units as people say them in German, Spanish, French and Italian: numbers in words, decimal commas, names of units."""

from fractions import Fraction

import pytest

from skills.calculator import conversion, units
from skills.calculator.expression import evaluate
from skills.calculator.sums import expression_of, sum_in
from skills.calculator.units import convert, fitting
from skills.calculator.words import words_of

SPOKEN = ("en", "de", "es", "fr", "it")


def value(text: str, locale: str) -> Fraction:
    expression = expression_of(sum_in(text, locale) or text, locale)
    return evaluate(expression.partition(" as %")[0]).value


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de-DE", "sieben mal sechs", "42"),
        ("de-DE", "was ist 15 Prozent von 80", "12"),
        ("de-DE", "die Hälfte von 14", "7"),
        ("de-DE", "zwei Drittel von 120", "80"),
        ("de-DE", "Quadratwurzel aus 81", "9"),
        ("de-DE", "die wurzel aus zwei hoch vier", "4"),
        ("de-DE", "3 hoch 4", "81"),
        ("de-DE", "fünf zum Quadrat", "25"),
        ("de-DE", "144 geteilt durch 12", "12"),
        ("de-DE", "3,5 plus 2,25", "5.75"),
        ("de-DE", "1.234,5 mal 2", "2469"),
        ("de-DE", "addiere 7 und 8", "15"),
        ("de-DE", "ziehe 4 von 99 ab", "95"),
        ("de-DE", "teile 1000 durch 8", "125"),
        ("de-DE", "wie viel prozent sind 20 von 50", "0.4"),
        ("de-DE", "20 prozent rabatt auf 60", "48"),
        ("de-DE", "80 plus 15 prozent", "92"),
        ("de-DE", "der durchschnitt von 3, 5 und 10", "6"),
        ("de-DE", "anderthalb mal vier", "6"),
        ("de-DE", "zweieinhalb plus eins", "3.5"),
        ("de-DE", "ein viertel von 90", "22.5"),
        ("de-DE", "dreiundzwanzig minus acht", "15"),
        ("de-DE", "sechs fakultät", "720"),
        ("de-DE", "was macht 17 mal 23", "391"),
        ("de-DE", "rechne mal 12 plus 30 aus", "42"),
        ("de-DE", "kubikwurzel aus 27", "3"),
        ("de-DE", "minus fünf plus drei", "-2"),
        ("de-DE", "ein dutzend mal 3", "36"),
        ("de-DE", "(3 + 4) * 2", "14"),
        ("de-DE", "null komma fünf mal acht", "4"),
        ("de-DE", "tausend minus einundachtzig", "919"),
        ("de-DE", "rest von 17 geteilt durch 5", "2"),
        ("de-DE", "18 prozent trinkgeld auf 62,50", "11.25"),
        ("de-DE", "kannst du mir 12 durch 4 ausrechnen", "3"),
        ("es-ES", "siete por seis", "42"),
        ("es-ES", "cuánto es el 15 por ciento de 80", "12"),
        ("es-ES", "la raíz cuadrada de 81", "9"),
        ("es-ES", "la mitad de 14", "7"),
        ("es-ES", "dos tercios de 120", "80"),
        ("es-ES", "tres cuartos de 80", "60"),
        ("es-ES", "144 entre 12", "12"),
        ("es-ES", "144 dividido por 12", "12"),
        ("es-ES", "3,5 más 2,25", "5.75"),
        ("es-ES", "1.234,5 por 2", "2469"),
        ("es-ES", "suma 7 y 8", "15"),
        ("es-ES", "resta 4 a 99", "95"),
        ("es-ES", "cinco al cuadrado", "25"),
        ("es-ES", "dos elevado a 10", "1024"),
        ("es-ES", "dos elevado a la quinta potencia", "32"),
        ("es-ES", "qué porcentaje de 50 es 20", "0.4"),
        ("es-ES", "20% de descuento en 60", "48"),
        ("es-ES", "80 más 15 por ciento", "92"),
        ("es-ES", "la media de 3, 5 y 10", "6"),
        ("es-ES", "dos y medio por cuatro", "10"),
        ("es-ES", "veintiuno más nueve", "30"),
        ("es-ES", "el doble de 35", "70"),
        ("es-ES", "factorial de 6", "720"),
        ("es-ES", "raíz cúbica de 27", "3"),
        ("es-ES", "menos cinco más tres", "-2"),
        ("es-ES", "mil menos ochenta y uno", "919"),
        ("es-ES", "cuánto da 17 por 23", "391"),
        ("es-ES", "divide 1000 entre 8", "125"),
        ("es-ES", "un cuarto de 90", "22.5"),
        ("es-ES", "siete coma cinco más uno", "8.5"),
        ("fr-FR", "sept fois six", "42"),
        ("fr-FR", "quinze pour cent de 80", "12"),
        ("fr-FR", "combien font 15 % de 80", "12"),
        ("fr-FR", "la racine carrée de 81", "9"),
        ("fr-FR", "la moitié de 14", "7"),
        ("fr-FR", "deux tiers de 120", "80"),
        ("fr-FR", "trois quarts de 80", "60"),
        ("fr-FR", "144 divisé par 12", "12"),
        ("fr-FR", "3,5 plus 2,25", "5.75"),
        ("fr-FR", "1 234,5 fois 2", "2469"),
        ("fr-FR", "additionne 7 et 8", "15"),
        ("fr-FR", "soustrais 4 de 99", "95"),
        ("fr-FR", "cinq au carré", "25"),
        ("fr-FR", "deux puissance 10", "1024"),
        ("fr-FR", "quel pourcentage de 50 fait 20", "0.4"),
        ("fr-FR", "20 % de réduction sur 60", "48"),
        ("fr-FR", "80 plus 15 pour cent", "92"),
        ("fr-FR", "la moyenne de 3, 5 et 10", "6"),
        ("fr-FR", "deux et demi fois quatre", "10"),
        ("fr-FR", "quatre-vingt-dix-neuf moins quarante-cinq", "54"),
        ("fr-FR", "le double de 35", "70"),
        ("fr-FR", "factorielle 6", "720"),
        ("fr-FR", "racine cubique de 27", "3"),
        ("fr-FR", "moins cinq plus trois", "-2"),
        ("fr-FR", "mille moins quatre-vingt-un", "919"),
        ("fr-FR", "ça fait combien 17 fois 23", "391"),
        ("fr-FR", "divise 1000 par 8", "125"),
        ("fr-FR", "un quart de 90", "22.5"),
        ("fr-FR", "sept virgule cinq plus un", "8.5"),
        ("fr-FR", "combien font deux plus deux", "4"),
        ("fr-FR", "cent pour cent de 12", "12"),
        ("it-IT", "sette per sei", "42"),
        ("it-IT", "quanto fa il 15 per cento di 80", "12"),
        ("it-IT", "la radice quadrata di 81", "9"),
        ("it-IT", "la metà di 14", "7"),
        ("it-IT", "due terzi di 120", "80"),
        ("it-IT", "tre quarti di 80", "60"),
        ("it-IT", "144 diviso 12", "12"),
        ("it-IT", "3,5 più 2,25", "5.75"),
        ("it-IT", "1.234,5 per 2", "2469"),
        ("it-IT", "somma 7 e 8", "15"),
        ("it-IT", "sottrai 4 da 99", "95"),
        ("it-IT", "cinque al quadrato", "25"),
        ("it-IT", "due alla decima", "1024"),
        ("it-IT", "due elevato a 10", "1024"),
        ("it-IT", "due alla terza", "8"),
        ("it-IT", "che percentuale di 50 è 20", "0.4"),
        ("it-IT", "20% di sconto su 60", "48"),
        ("it-IT", "80 più 15 per cento", "92"),
        ("it-IT", "la media di 3, 5 e 10", "6"),
        ("it-IT", "due e mezzo per quattro", "10"),
        ("it-IT", "ventuno più nove", "30"),
        ("it-IT", "il doppio di 35", "70"),
        ("it-IT", "fattoriale di 6", "720"),
        ("it-IT", "radice cubica di 27", "3"),
        ("it-IT", "meno cinque più tre", "-2"),
        ("it-IT", "mille meno ottantuno", "919"),
        ("it-IT", "quanto fanno 17 per 23", "391"),
        ("it-IT", "dividi 1000 per 8", "125"),
        ("it-IT", "un quarto di 90", "22.5"),
        ("it-IT", "sette virgola cinque più uno", "8.5"),
        ("it-IT", "quindici percento di 80", "12"),
    ],
)
def test_sums(locale: str, text: str, expected: str) -> None:
    assert value(text, locale) == Fraction(expected)


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de-DE", "1.234 + 0", 1234),
        ("de-CH", "1’234.5 + 0", Fraction("1234.5")),
        ("en-US", "1.234 + 0", Fraction("1.234")),
        ("es-ES", "1,5 + 0", Fraction("1.5")),
        ("es-MX", "1,500 + 0", 1500),
        ("fr-FR", "1 234,5 + 0", Fraction("1234.5")),
    ],
)
def test_the_locale_says_what_a_comma_is(locale: str, text: str, expected: int | Fraction) -> None:
    assert value(text, locale) == expected


def converted(text: str, locale: str) -> Fraction:
    amount, unit = conversion.split(text, locale)
    targets = conversion.target(unit, locale)
    parts = conversion.amount(amount, locale, beside=targets[0])
    target = fitting(targets[0], parts[0].unit, locale)
    return sum(
        (convert(Fraction(1) if part.count is None else part.count, part.unit, target) for part in parts), Fraction(0)
    )


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de-DE", "wie viele kilometer sind 5 meilen", "8.04672"),
        ("de-DE", "5 pfund in kilo", "2.5"),
        ("de-DE", "wie viele unzen sind ein englisches pfund", "16"),
        ("de-DE", "20 grad in fahrenheit", "68"),
        ("de-DE", "eine viertelstunde in sekunden", "900"),
        ("de-DE", "rechne 1.500 meter in kilometer um", "1.5"),
        ("de-DE", "5 fuß 11 in cm", "180.34"),
        ("es-ES", "cuántos kilómetros son 5 millas", "8.04672"),
        ("es-ES", "once onzas en onzas", "11"),
        ("es-ES", "una hora y media en minutos", "90"),
        ("es-ES", "a cuántos gramos equivale medio kilo", "500"),
        ("fr-FR", "5 milles en kilomètres", "8.04672"),
        ("fr-FR", "5 milles marins en kilomètres", "9.26"),
        ("fr-FR", "combien d'onces dans une livre", "16"),
        ("fr-FR", "une heure et demie en minutes", "90"),
        ("it-IT", "3 etti in grammi", "300"),
        ("it-IT", "un'ora e mezza in minuti", "90"),
        ("it-IT", "due miglia e mezzo in miglia", "2.5"),
        ("it-IT", "meno 40 gradi celsius in fahrenheit", "-40"),
        ("en-US", "an hour and a half in minutes", "90"),
    ],
)
def test_conversions(locale: str, text: str, expected: str) -> None:
    assert converted(text, locale) == Fraction(expected)


@pytest.mark.parametrize("language", SPOKEN)
def test_every_unit_has_a_name_in_every_language(language: str) -> None:
    for name in units.cldr_names():
        said = units.name_of(units.Unit(name), language)
        assert said
        assert said != name or units.unit(said, language) == units.Unit(name), name


@pytest.mark.parametrize("language", SPOKEN)
def test_a_table_names_only_units_there_are(language: str) -> None:
    words = words_of(language)
    assert {*words.units, *words.names} <= set(units.cldr_names())


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_says_every_sign(language: str) -> None:
    assert set(words_of(language).spoken) == set(words_of("en").spoken)


@pytest.mark.parametrize(
    ("locale", "text"), [("de-DE", "banane"), ("es-ES", "plátano"), ("fr-FR", "chat"), ("it-IT", "gatto")]
)
def test_unknown_units_are_not_guessed(locale: str, text: str) -> None:
    assert units.unit(text, locale) is None
