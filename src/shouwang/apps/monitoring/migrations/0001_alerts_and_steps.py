import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_people_and_posts'),
        ('registry', '0002_one_household_at_a_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('rule', models.CharField(max_length=60, verbose_name='规则')),
                ('level', models.CharField(choices=[('红', '红'), ('橙', '橙'), ('黄', '黄')], max_length=1, verbose_name='等级')),
                ('direction', models.CharField(choices=[('in', '应救尽救'), ('out', '应退尽退')], max_length=3, verbose_name='方向')),
                ('subject_key', models.CharField(max_length=40, verbose_name='对象键')),
                ('subject_name', models.CharField(blank=True, max_length=60, verbose_name='对象姓名')),
                ('area_code', models.CharField(max_length=12, verbose_name='区划')),
                ('evidence', models.JSONField(default=dict, verbose_name='依据')),
                ('state', models.CharField(choices=[('open', '待研判'), ('handling', '处置中'), ('coordination', '县级协调'), ('feedback', '待审核办结'), ('closed', '已办结')], default='open', max_length=12, verbose_name='状态')),
                ('disposition', models.CharField(blank=True, choices=[('policy_not_implemented', '政策未落实'), ('may_qualify', '可能符合未纳入'), ('complex', '情形复杂，提请县级协调'), ('may_exit', '可能不再符合'), ('no_risk_confirmed', '误报（无风险）')], max_length=24, verbose_name='研判结论')),
                ('reason', models.CharField(blank=True, max_length=1000, verbose_name='说明')),
                ('handling_level', models.CharField(default='township', max_length=10, verbose_name='承办层级')),
                ('opened_on', models.DateField(verbose_name='预警日期')),
                ('opened_by_run', models.UUIDField(blank=True, null=True, verbose_name='首次运行')),
                ('last_seen_run', models.UUIDField(blank=True, null=True, verbose_name='最近运行')),
                ('last_seen_on', models.DateField(verbose_name='最近出现')),
                ('times_seen', models.PositiveIntegerField(default=1, verbose_name='出现次数')),
                ('signal_cleared_on', models.DateField(blank=True, null=True, verbose_name='信号消除日')),
                ('clock_from', models.DateField(verbose_name='计时起')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='办理期限')),
                ('escalate_after', models.DateField(blank=True, null=True, verbose_name='逾此日上报')),
                ('escalated_on', models.DateField(blank=True, null=True, verbose_name='超期上报日')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='办结日')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='版本')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.post', verbose_name='承办岗位')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.household', verbose_name='户')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.person', verbose_name='人员')),
            ],
        ),
        migrations.CreateModel(
            name='DailyCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='日期')),
                ('area_code', models.CharField(max_length=12, verbose_name='区划')),
                ('rule', models.CharField(max_length=60, verbose_name='规则')),
                ('level', models.CharField(max_length=1, verbose_name='等级')),
                ('opened', models.PositiveIntegerField(default=0, verbose_name='新增')),
                ('closed', models.PositiveIntegerField(default=0, verbose_name='办结')),
                ('confirmed', models.PositiveIntegerField(default=0, verbose_name='属实')),
                ('false_alarms', models.PositiveIntegerField(default=0, verbose_name='误报')),
                ('overdue', models.PositiveIntegerField(default=0, verbose_name='超期')),
                ('days_to_close', models.PositiveIntegerField(default=0, verbose_name='办结用时合计（天）')),
            ],
            options={
                'indexes': [models.Index(fields=['area_code', 'day'], name='daily_count_area')],
                'constraints': [models.UniqueConstraint(fields=('day', 'area_code', 'rule'), name='daily_count_once')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('at', models.DateTimeField(verbose_name='上报时间')),
                ('area_code', models.CharField(max_length=12, verbose_name='所在村代码')),
                ('name', models.CharField(max_length=60, verbose_name='户主姓名')),
                ('place', models.CharField(blank=True, max_length=120, verbose_name='住址')),
                ('difficulty', models.CharField(choices=[('illness', '重病'), ('disability', '残疾'), ('schooling', '就学困难'), ('unemployment', '失业'), ('accident', '意外事故或灾害'), ('unattended', '无人照料'), ('income', '收入骤减'), ('other', '其他')], max_length=16, verbose_name='困难情形')),
                ('note', models.CharField(max_length=1000, verbose_name='情况说明')),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='monitoring.alert', verbose_name='预警')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.household', verbose_name='户')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.post', verbose_name='上报岗位')),
            ],
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('verb', models.CharField(max_length=24, verbose_name='动作')),
                ('from_state', models.CharField(blank=True, max_length=12, verbose_name='原状态')),
                ('to_state', models.CharField(max_length=12, verbose_name='新状态')),
                ('disposition', models.CharField(blank=True, choices=[('policy_not_implemented', '政策未落实'), ('may_qualify', '可能符合未纳入'), ('complex', '情形复杂，提请县级协调'), ('may_exit', '可能不再符合'), ('no_risk_confirmed', '误报（无风险）')], max_length=24, verbose_name='研判结论')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='说明')),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='monitoring.alert', verbose_name='预警')),
                ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.post', verbose_name='岗位')),
            ],
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['state', '-opened_on', '-id'], name='alert_state'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['area_code', 'state', '-opened_on', '-id'], name='alert_area'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['-opened_on', '-id'], name='alert_recent'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('closed_on__isnull', True)), fields=['-opened_on', '-id'], name='alert_unfinished'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['household', '-id'], name='alert_household'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['rule', 'subject_key', '-closed_on'], name='alert_cooldown'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('closed_on__isnull', True)), fields=['escalate_after'], name='alert_escalation'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('closed_on__isnull', True)), fields=['due_on'], name='alert_due'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_on__isnull', True)), fields=('rule', 'subject_key'), name='alert_one_open'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('household__isnull', False), models.Q(('rule', 'proactive_report'), models.Q(('subject_name', ''), _negated=True)), _connector='OR'), name='alert_has_subject'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_on__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_on__isnull', True)), _connector='OR'), name='alert_closed_day'),
        ),
    ]
