import { beforeAll, describe, expect, test } from "vitest";
import { speak } from "./i18n";
import { said } from "./said";

test("English is shown as it comes", () => {
  expect(said("the picture is black")).toBe("the picture is black");
});

describe("in German", () => {
  beforeAll(() => speak("de"));
  test.each([
    ["1 person lies in “Platform 1” for at least 5 s", "1 Person liegt seit mindestens 5 s in „Platform 1“"],
    ["1 person lay in the picture for 12 s", "1 Person lag 12 s lang in dem ganzen Bild"],
    ["2 people and 1 car were in “x” for 2 min 5 s", "2 Personen und 1 Pkw waren 2 min 5 s lang in „x“"],
    ["2 people stayed in “x” for 70 s", "2 Personen verweilten 70 s lang in „x“"],
    ["1 car goes the wrong way in “x”: 3.2 of its own sizes against the arrow (limit 2)", "1 Pkw bewegt sich in falscher Richtung in „x“: 3,2 eigene Längen gegen den Pfeil (Grenzwert 2)"],
    ["1 truck goes through “x” at up to 62 ± 3 km/h (limit 50)", "1 Lkw bewegt sich in „x“ mit bis zu 62 ± 3 km/h (Grenzwert 50)"],
    ["A person passed North door (in)", "North door überquert (hinein): Person"],
    [
      "A person and a car nearly collided in “x”: 1.2 s to a collision (limit 2), 0.5 s between one and the other at a spot (limit 1)",
      "Beinahe-Zusammenstoß in „x“, Person und Pkw: 1,2 s bis zum Zusammenstoß (Grenzwert 2), 0,5 s zwischen beiden an derselben Stelle (Grenzwert 1)",
    ],
    ["3 people queue in “x” (3 or more are too many)", "3 Personen stehen Schlange in „x“ (ab 3 sind es zu viele)"],
    [
      "3 people queued in “x” (3 or more are too many) and the longest waited 5 min (over 4 min is too long), for 10 min",
      "3 Personen standen Schlange in „x“ (ab 3 sind es zu viele) und die längste Wartezeit beträgt 5 min (mehr als 4 min ist zu lang), Dauer 10 min",
    ],
    ["Nobody was in “x” for 3 min: there must be 1 or more", "Niemand war 3 min lang in „x“: Gefordert: 1 oder mehr"],
    ["7 people are in “x” at once: 5 or more for at least 8 s", "7 Personen sind gleichzeitig in „x“: 5 oder mehr seit mindestens 8 s"],
    ["Up to 3.1 ± 0.2 people per m² are in “x” (12 on 4 m²; limit 2.5) for at least 10 s", "Bis zu 3,1 ± 0,2 Personen je m² sind seit mindestens 10 s in „x“ (12 auf 4 m²; Grenzwert 2,5)"],
    ["12 people in “x” in 15 min: usual (Monday 14:00–15:00) is 4 ± 2", "12 Personen in „x“ in 15 min: üblich (Montag 14:00–15:00) sind 4 ± 2"],
    ["North gate: cannot be reached", "North gate: nicht erreichbar"],
    ["North gate: the picture is black (95 % of the picture is darker than 30 of 255 (12))", "North gate: Bild schwarz (95 % des Bildes sind dunkler als 30 von 255 (12))"],
    ["Cabinet (switch): all 12 cameras behind it are lost: cannot be reached", "Cabinet (Switch): alle 12 Kameras dahinter ausgefallen: nicht erreichbar"],
    ["Cabinet (switch): all 12 cameras are well again after 12 minutes", "Cabinet (Switch): 12 Kameras wieder in Ordnung nach 12 Minuten"],
    ["Camera 70: cannot be reached (no answer)", "Camera 70: nicht erreichbar (no answer)"],
    ["5 cameras were lost at once; 2 are well again", "5 Kameras waren gleichzeitig ausgefallen; 2 wieder in Ordnung"],
    ["out of focus, for 3 h 20 min", "unscharf, Dauer 3 h 20 min"],
    ["only 91.2 % of the last 7 days; mostly: cannot be reached", "nur 91,2 % der letzten 7 Tage; meist: nicht erreichbar"],
    ["12 cameras behind Cabinet A, within 20 s", "12 Kameras hinter Cabinet A, innerhalb von 20 s"],
    ["14 cameras, the same rule (stopped vehicle), within 8 s", "14 Kameras, dieselbe Regel (Stehendes Fahrzeug), innerhalb von 8 s"],
    ["One camera (gate), 3 rules, within 8 s", "Eine Kamera (gate), 3 Regeln, innerhalb von 8 s"],
    ["1,204 alarms of 3 rules at 40 cameras, within 60 s", "1204 Alarme, 3 Regeln, 40 Kameras, innerhalb von 60 s"],
    [
      "Since day 148 about 1.65 t disappeared at once (± 0.544 t); known on day 161, by 2 balances. It is 520,000 to 1 that something happened; of all causes this one is 91 % likely and a short delivery 7 %. The last balance lacks 0.213 t; ± 1.35 is usual. A recount was asked for on day 154.",
      "Seit Tag 148: etwa 1,65 t sind auf einmal verschwunden (± 0,544 t); bekannt an Tag 161, aus 2 Bilanzen. Es steht 520000 zu 1, dass etwas geschehen ist; von allen Ursachen ist diese zu 91 % wahrscheinlich und eine zu kleine Lieferung zu 7 %. Die letzte Bilanz hat 0,213 t zu wenig; ± 1,35 sind üblich. An Tag 154 wurde um eine Nachzählung gebeten.",
    ],
    [
      "Since day 265 about 0.8 % of what the documents say did not arrive (± 0.36 % of the delivery); known on day 288, by one balance. It is more than a million to one that something happened; of all causes this one is 99 % likely. The last balance has 57.1 L too much; ± 112 is usual.",
      "Seit Tag 265: etwa 0,8 % dessen, was die Papiere sagen, kamen nicht an (± 0,36 % der Lieferung); bekannt an Tag 288, aus einer Bilanz. Es steht mehr als eine Million zu eins, dass etwas geschehen ist; von allen Ursachen ist diese zu 99 % wahrscheinlich. Die letzte Bilanz hat 57,1 L zu viel; ± 112 sind üblich.",
    ],
    ["Nobody has answered for 5 min: escalated to lead (step 1 of 2).", "Keine Antwort, bisher 5 min: eskaliert an lead (Stufe 1 von 2)."],
    ["Shelved: road works", "Zurückgestellt: road works"],
    ["'min_height' must be at most 1, not 3", "'min_height' muss höchstens 1 sein, nicht 3"],
    ["'limit' must be a whole number, not 'x'", "'limit' muss eine ganze Zahl sein, nicht 'x'"],
    ["there is no zone 'yard' in this camera; did you mean 'Yard'?", "in dieser Kamera gibt es nicht „yard“ (Zone); meinten Sie „Yard“?"],
    ["This cannot be used: the corners lie on one line: the zone has no area", "Das ist nicht verwendbar: die Ecken liegen auf einer Linie: Die Zone hat keine Fläche"],
    ["https://example.org answered 503", "https://example.org antwortete mit 503"],
    ["CRITICAL: 1 person lies in “x” for at least 5 s – North (Site)", "KRITISCH: 1 Person liegt seit mindestens 5 s in „x“ – North (Site)"],
    ["There is no such alarm.", "Nicht vorhanden: Alarm."],
    ["Too many wrong passwords.", "Zu viele falsche Passwörter."],
    ["Too many exports at once.", "Zu viele gleichzeitig: Exporte."],
    ["stopped vehicle", "Stehendes Fahrzeug"],
    ["A vehicle stands in a zone for too long (car, truck; the picture)", "Ein Fahrzeug steht zu lange in einer Zone (Pkw, Lkw; ganzes Bild)"],
    ["car, truck in Yard", "Pkw, Lkw in Yard"],
    ["its clock is 12.3 s fast; 5 s would still be right", "ihre Uhr geht 12,3 s vor; 5 s wären noch zulässig"],
    ["Happened again: 1 person lies in “x” for at least 5 s", "Erneut aufgetreten: 1 Person liegt seit mindestens 5 s in „x“"],
    ["not recording: the disk is full. Recording goes on by itself when writing works again.", "keine Aufzeichnung: Der Datenträger ist voll. Sobald wieder geschrieben werden kann, geht es von selbst weiter."],
  ])("%s", (english, german) => expect(said(english)).toBe(german));

  test("a sentence that is not known is not said half", () => {
    const strange = "A walrus lies in “Platform 1”, which nobody foresaw";
    expect(said(strange)).toBe(strange);
    for (const text of ["We wrote to them and went home", "8 looks a second", "seen by Ada", "it stands there"])
      expect(said(text)).toBe(text);
  });
  test("what people wrote stays as it is", () => {
    expect(said("Bereitschaft informiert")).toBe("Bereitschaft informiert");
  });
});
