"""监测预警: which facts about a person or household call for a visit, and which for a recheck.

39号文三(三) asks for the comparison, 2022通知三(三) names illness, disability, schooling and unemployment. No national text
gives a threshold: those with a published county sample carry it as a default, the rest must come from the area. A
trigger that no published text names cites, beside the article that makes it matter, ``local``.
"""
