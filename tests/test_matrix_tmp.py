import pytest
from tests.test_access import *
def test_matrix(cast, world, make_case, wodna):
    values = next(iter(world.values()))
    for name in ours():
        special=dict(values)
        if name=="cases:end_care_team_membership": special["member"]=CareTeamMember.objects.get().uuid
        for variant in (["","centres","programme"] if "report" in name and "<uuid:report>" in str(ours()[name].pattern) else [""]):
            if variant: special["report"]=Report.objects.get(scope=variant).uuid
            url=url_of(name, special)
            allowed=[]; codes={}
            for p in ["anonymous",*PERSONAS]:
                a=browser_of(cast.get(p)).get(url)
                codes[p]=a.status_code
                if is_let_in(a): allowed.append(p)
            print("ROW", name+("@"+variant if variant else ""), allowed, sorted(set(codes.values())))
