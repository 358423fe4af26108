import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LocalStandard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(max_length=12, verbose_name='区划代码')),
                ('item', models.CharField(max_length=60, verbose_name='参数')),
                ('amount_fen', models.BigIntegerField(verbose_name='值（金额以分计）')),
                ('per', models.CharField(max_length=20, verbose_name='单位')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='生效日')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='失效日')),
                ('observed_on', models.CharField(blank=True, max_length=10, verbose_name='见于')),
                ('source', models.CharField(max_length=120, verbose_name='来源')),
                ('article', models.CharField(blank=True, max_length=60, verbose_name='条款')),
                ('last_confirmed', models.DateField(blank=True, null=True, verbose_name='最近确认')),
                ('published', models.CharField(blank=True, max_length=40, verbose_name='公布的数字')),
                ('published_unit', models.CharField(blank=True, max_length=40, verbose_name='公布的单位')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('area_code', 'item', 'valid_from'), name='standard_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('area_code', models.CharField(max_length=12, verbose_name='范围')),
                ('as_of', models.DateField(verbose_name='判定日')),
                ('known_at', models.DateTimeField(verbose_name='数据截至')),
                ('state', models.CharField(choices=[('running', '运行中'), ('judged', '已判定，待开单'), ('finished', '已完成'), ('abandoned', '已放弃')], max_length=10, verbose_name='状态')),
                ('started_at', models.DateTimeField(verbose_name='开始')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='结束')),
                ('taken', models.PositiveIntegerField(default=0, verbose_name='已开单信号数')),
                ('counts', models.JSONField(default=dict, verbose_name='数量')),
                ('timings', models.JSONField(default=dict, verbose_name='用时')),
                ('fingerprint', models.JSONField(default=dict, verbose_name='指纹')),
                ('previous', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessment.run', verbose_name='上次运行')),
            ],
            options={
                'indexes': [models.Index(fields=['area_code', 'state', '-id'], name='run_area_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['running', 'judged'])), fields=('area_code',), name='run_one_unfinished')],
            },
        ),
    ]
