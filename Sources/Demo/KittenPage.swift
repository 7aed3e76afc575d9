/// What a kitten server serves: one page and one picture, both drawn here.
struct KittenPage {
    let kitten: Kitten
    let address: String
    let isFailing: Bool
    let clockFace: String
    /// In words; nil for a kitten that never fails.
    let nextChange: String?

    var status: String { isFailing ? "ERR" : "OK" }

    var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(kitten.name): status=\(status)</title>
        <style>
        body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center; gap: .75rem;
          font: 1.1rem/1.5 system-ui, sans-serif; background: \(kitten.paper); color: #2b2320; text-align: center }
        svg { width: min(60vw, 20rem); height: auto }
        h1 { margin: 0; font-size: 2rem } p { margin: 0 }
        code { font-size: 1.3rem; padding: .2em .6em; border-radius: .5em; color: #fff;
          background: \(isFailing ? "#b3261e" : "#1d7a46") }
        </style></head><body>
        \(svg)
        <h1>\(kitten.name)</h1>
        <p>the \(kitten.role) server of the world's most reliable kitten website, at \(address)</p>
        <p>It is \(clockFace). \(nextChange ?? "This kitten never fails.")</p>
        <p><code>status=\(status)</code></p>
        </body></html>

        """
    }

    /// A sitting kitten: its eyes are closed and its mouth turned while it fails.
    var svg: String {
        let eyes =
            isFailing
            ? """
            <path d="M68 98q10 8 20 0M112 98q10 8 20 0" fill="none" stroke="#2b2320" stroke-width="4"/>
            <text x="150" y="50" font-size="22" font-family="serif" fill="#2b2320">z z</text>
            """
            : """
            <ellipse cx="78" cy="96" rx="11" ry="13" fill="\(kitten.eyes)"/>
            <ellipse cx="122" cy="96" rx="11" ry="13" fill="\(kitten.eyes)"/>
            <ellipse cx="78" cy="97" rx="4" ry="10" fill="#1b1512"/><ellipse cx="122" cy="97" rx="4" ry="10" fill="#1b1512"/>
            <circle cx="81" cy="91" r="3" fill="#fff"/><circle cx="125" cy="91" r="3" fill="#fff"/>
            """
        let mouth = isFailing ? "M88 130q12 -9 24 0" : "M84 122q8 9 16 0q8 9 16 0"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 240" role="img" aria-label="\(kitten.name), a kitten">
            <path d="M150 205q45 5 38 -45q-2 -16 -14 -12q-9 4 -4 15q6 22 -22 22z" fill="\(kitten.dark)"/>
            <ellipse cx="100" cy="185" rx="56" ry="50" fill="\(kitten.fur)"/>
            <ellipse cx="100" cy="198" rx="30" ry="34" fill="\(kitten.light)"/>
            <path d="M50 70l-6 -50l42 26zM150 70l6 -50l-42 26z" fill="\(kitten.fur)"/>
            <path d="M55 55l-3 -22l20 13zM145 55l3 -22l-20 13z" fill="#f2a7a0"/>
            <ellipse cx="100" cy="95" rx="62" ry="55" fill="\(kitten.fur)"/>
            \(kitten.marking)
            <ellipse cx="100" cy="120" rx="26" ry="19" fill="\(kitten.light)"/>
            \(eyes)
            <path d="M93 111h14l-7 8z" fill="#d9736a"/>
            <path d="\(mouth)" fill="none" stroke="#2b2320" stroke-width="3" stroke-linecap="round"/>
            <path d="M62 116l-34 -5M62 122l-34 4M138 116l34 -5M138 122l34 4" stroke="#2b2320" stroke-width="1.5"/>
            <ellipse cx="76" cy="226" rx="18" ry="11" fill="\(kitten.light)"/>
            <ellipse cx="124" cy="226" rx="18" ry="11" fill="\(kitten.light)"/>
            </svg>
            """
    }
}

/// One of the three.
struct Kitten: Hashable, Sendable {
    let name: String
    let role: String
    /// The last number of its address, 127.0.0.x.
    let host: Int
    let schedule: KittenSchedule
    let fur: String
    let dark: String
    let light: String
    let eyes: String
    let paper: String
    /// Stripes, a patch or a collar, as SVG.
    let marking: String

    var address: String { "127.0.0.\(host)" }

    static let all = [
        Kitten(
            name: "charlie", role: "main", host: 11, schedule: KittenSchedule(failsFromMinute: 20), fur: "#e8944a",
            dark: "#c46f28", light: "#fff1e0", eyes: "#5fa052", paper: "#fdf3e7",
            marking: "<path d=\"M100 42v26M82 46l4 20M118 46l-4 20\" stroke=\"#c46f28\" stroke-width=\"7\" "
                + "stroke-linecap=\"round\"/>"),
        Kitten(
            name: "echo", role: "backup", host: 12, schedule: KittenSchedule(failsFromMinute: 40), fur: "#8d97a5",
            dark: "#66707e", light: "#eef1f5", eyes: "#d9a13b", paper: "#eef2f7",
            marking: "<path d=\"M128 52q34 12 32 50q-20 10 -38 -4q-14 -26 6 -46z\" fill=\"#66707e\"/>"),
        Kitten(
            name: "bravo", role: "sorry", host: 13, schedule: KittenSchedule(failsFromMinute: nil), fur: "#3d3a40",
            dark: "#29272b", light: "#fafafa", eyes: "#7cc3d8", paper: "#f3eef6",
            marking: "<path d=\"M58 146q42 22 84 0v9q-42 22 -84 0z\" fill=\"#c8434b\"/>"
                + "<circle cx=\"100\" cy=\"168\" r=\"8\" fill=\"#f0c24a\"/>"),
    ]
}
