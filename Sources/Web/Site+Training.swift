import Control
import HTTPTypes
import Hummingbird

/// The course in the demo: begun, begun anew, and ended.
extension Site {
    func addTraining(_ demo: any DemoServers, to router: Router<SiteContext>) {
        router.get("/training") { request, context in try await page(request, context) }
        router.post("/training/:verb") { request, context in
            let fields = try await FormFields(reading: request)
            guard let csrf = gate.sandbox?.csrf, fields["csrf"] == csrf else { throw HTTPError(.forbidden) }
            switch try context.parameters.require("verb") {
            case "begin": try await beginTraining(demo)
            case "end":
                training.begin(nil)
                await demo.setCalm(false)
            default: throw HTTPError(.notFound)
            }
            return Response(status: .seeOther, headers: [.location: "/training"])
        }
    }

    /// Puts the demo as the course needs it: everything well, nothing imposed, nothing that fails by itself.
    private func beginTraining(_ demo: any DemoServers) async throws {
        await demo.setCalm(true)
        for server in await demo.servers() { _ = await demo.revive(server.name) }
        if let orders = control as? any OperatorInterface {
            for override in await orders.overrides() {
                try? await orders.end(override.subject, by: "training", noting: nil)
            }
        }
        let model = await control.readModel()
        guard let glance = model.schemeGlances().first, let main = model.scheme(glance.name)?.members.first else {
            throw HTTPError(.notFound)
        }
        let server = main.indicator.split(separator: ":").first.map(String.init) ?? main.indicator
        training.begin(
            Training(startedAt: model.at, scheme: glance.name, indicator: main.indicator, server: server))
    }
}
