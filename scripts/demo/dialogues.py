"""The call centre of the demonstration: clients, campaigns, and what is said on the phone.

Companies, persons and numbers are invented. The caller (0) is the seller.
"""

CLIENTS = {  # id: (name, retention days of sales, of other calls)
    "nordlys-kraft": ("Nordlys Kraft", 1095, 30),
    "fjordnett": ("Fjordnett Mobil", 730, 14),
    "trygg-hus": ("Trygg Hus Forsikring", 1825, 90),
}

CAMPAIGNS = {  # id: (client, mode)
    "kraft-spot": ("nordlys-kraft", "automatic"),
    "kraft-kundeservice": ("nordlys-kraft", "off"),
    "mobil-vaar": ("fjordnett", "manual"),
    "mobil-english": ("fjordnett", "automatic"),
    "hus-innbo": ("trygg-hus", "automatic"),
}

NB_MAN, NB_WOMAN = "nb+m3", "nb+f2"
EN_MAN, EN_WOMAN = "en-gb+m7", "en-us+f3"

DIALOGUES = [
    {"campaign": "kraft-spot", "voices": (NB_WOMAN, NB_MAN), "turns": [
        (1, "Hallo, det er Anders."),
        (0, "Hei, du snakker med Ingrid fra Nordlys Kraft. Samtalen blir tatt opp. Er det greit?"),
        (1, "Ja, det går fint."),
        (0, "Du betaler i dag spotpris pluss seks øre. Hos oss er påslaget fire øre per "
            "kilowattime, og det er ingen bindingstid."),
        (1, "Det høres bra ut. Hva er månedsbeløpet?"),
        (0, "Trettini kroner i måneden. Bekrefter du at du vil bestille avtalen?"),
        (1, "Ja, jeg bekrefter."),
        (0, "Takk. Du får bekreftelsen på melding, og du har fjorten dagers angrerett. Ha en fin "
            "dag!"),
        (1, "I like måte, ha det.")]},
    {"campaign": "kraft-spot", "voices": (NB_MAN, NB_WOMAN), "turns": [
        (1, "Ja, hallo?"),
        (0, "God dag, dette er Lars fra Nordlys Kraft. Har du et øyeblikk?"),
        (1, "Nei, jeg er på vei inn i et møte."),
        (0, "Det er helt i orden. Kan jeg ringe deg i morgen klokka ti?"),
        (1, "Ja, gjør det. Ha det.")]},
    {"campaign": "hus-innbo", "voices": (NB_MAN, NB_WOMAN), "turns": [
        (1, "Kari her."),
        (0, "Hei Kari, det er Jonas i Trygg Hus Forsikring. Jeg ringer om innboforsikringen din. "
            "Vi tar opp samtalen for å dokumentere avtalen."),
        (1, "Ja vel. Hva gjelder det?"),
        (0, "Forsikringssummen er åtte hundre tusen kroner. Har du pusset opp eller kjøpt noe "
            "dyrt det siste året?"),
        (1, "Vi har fått nytt kjøkken, så det er nok litt lavt."),
        (0, "Da foreslår jeg én million. Prisen blir hundre og tolv kroner i måneden, med en "
            "egenandel på fire tusen."),
        (1, "Greit, det tar jeg."),
        (0, "Bekrefter du at du vil endre forsikringen fra i dag?"),
        (1, "Ja, det bekrefter jeg."),
        (0, "Tusen takk. Papirene kommer på e-post.")]},
    {"campaign": "mobil-vaar", "voices": (NB_WOMAN, NB_MAN), "turns": [
        (1, "Hallo?"),
        (0, "Hei, du snakker med Sara i Fjordnett Mobil. Jeg har et tilbud på abonnement. Vil du "
            "høre?"),
        (1, "Ja, hvis det går fort."),
        (0, "Du får tretti gigabyte for to hundre og nittini kroner, og du beholder nummeret "
            "ditt."),
        (1, "Jeg bruker vel rundt ti i måneden."),
        (0, "Da passer femten gigabyte bedre, til to hundre og førtini. Skal jeg starte opptaket, "
            "så du kan bekrefte?"),
        (1, "Ja, gjør det."),
        (0, "Bekrefter du at du bestiller femten gigabyte til to hundre og førtini kroner i "
            "måneden, uten bindingstid?"),
        (1, "Ja, jeg bekrefter bestillingen."),
        (0, "Takk skal du ha. Simkortet kommer i posten i løpet av tre dager."),
        (1, "Fint. Ha det bra.")]},
    {"campaign": "mobil-english", "voices": (EN_MAN, EN_WOMAN), "turns": [
        (1, "Hello, this is Emma."),
        (0, "Good afternoon Emma, my name is David and I am calling from Fjordnett Mobile. This "
            "call is recorded. Is that all right with you?"),
        (1, "Yes, that's fine."),
        (0, "You asked for a subscription with calls to Great Britain included."),
        (1, "Right. I call my family every week. What would it cost?"),
        (0, "Three hundred and forty nine kroner a month, with twenty gigabytes and free calls "
            "within Europe. There is no minimum term."),
        (1, "That sounds reasonable. Can I keep my number?"),
        (0, "You can. Do you confirm that you would like to order?"),
        (1, "Yes, I do."),
        (0, "Thank you. You will receive a confirmation by text, and you may withdraw within "
            "fourteen days.")]},
    {"campaign": "kraft-kundeservice", "voices": (NB_MAN, NB_WOMAN), "turns": [
        (1, "Hei, det er Marit."),
        (0, "Hei Marit, det er Nordlys Kraft som ringer tilbake om fakturaen din."),
        (1, "Så bra. Jeg forstår ikke nettleia."),
        (0, "Den kommer fra netteieren din. Vi sender den bare videre på samme faktura."),
        (1, "Da skjønner jeg. Takk for hjelpen."),
        (0, "Bare hyggelig. Ha en god dag.")]},
    {"campaign": None, "voices": (EN_WOMAN, EN_MAN), "turns": [
        (1, "Hello?"),
        (0, "Hi, this is a call of no campaign at all, so the gateway keeps nothing of it."),
        (1, "Good to know. Goodbye.")]},
]
